'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { toast } from 'sonner';
import { dateTime } from '@/lib/format';
import { isTyping } from '@/lib/hotkeys';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { freeId, idOf, insertAfter, type JsonObject, orderOf, type RuleDocument, readDocument } from '@/rules/document';
import { edit, startEditing } from '@/rules/editing';
import { Button } from '@/ui/button';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Skeleton } from '@/ui/states';
import { Table, Td, Th } from '@/ui/table';
import { type Change, Findings, type Issue } from './edit/findings';
import { FormEditor } from './edit/form-editor';
import { GridEditor } from './edit/grid-editor';
import { RefusalsOf, useRefusals } from './edit/refused';
import { type Mode, Toolbar } from './edit/toolbar';
import { useUnsaved } from './edit/unsaved';
import { useDraft } from './edit/use-draft';
import type { Kind } from './rules';
import { TryOne } from './try-one';
import { type Language, useLanguage } from './vocabulary';

const JsonEditor = dynamic(() => import('./edit/json-editor').then((module) => module.JsonEditor), {
  ssr: false,
  loading: () => <Skeleton rows={12} label="…" />,
});

type Props = {
  kind: Kind;
  baseVersion: number;
  startVersion: number;
  /** The change that is edited on. */
  changeId: string | null;
  mode: Mode;
  row: string | null;
  onMode: (mode: Mode) => void;
  onRow: (id: string) => void;
  onSaved: (changeId: string) => void;
  onClose: () => void;
};

/** Three editors of one document, with the engine's own checks beside them. */
export function Editor(props: Props) {
  const trpc = useTrpc();
  const { kind, startVersion, changeId } = props;
  const language = useLanguage(kind);
  // What is opened is what is edited: a change saved from here must not come back from the server into the editor.
  const [opened] = useState(changeId);
  const still = { staleTime: Number.POSITIVE_INFINITY };
  const version = useQuery(
    trpc.rules[kind].version.queryOptions(
      { version: Math.max(1, startVersion) },
      { ...still, enabled: opened === null && startVersion > 0 },
    ),
  );
  const change = useQuery(
    trpc.changes.get.queryOptions({ id: opened ?? '' }, { enabled: opened !== null, refetchOnMount: 'always' }),
  );
  const [first] = useState(startVersion);
  const item = change.data?.items.find((one) => one.kind === kind);
  const document = opened === null ? (first === 0 ? { rules: [] } : version.data?.document) : item?.document;
  const waiting = <Skeleton rows={10} label="…" />;
  if (opened === null && version.error) return <Loaded query={version}>{() => waiting}</Loaded>;
  if (change.error) return <Loaded query={change}>{() => waiting}</Loaded>;
  if (!document || !language || (opened !== null && !change.isFetchedAfterMount)) return waiting;
  const read = readDocument(JSON.stringify(document));
  if (!read.ok) return waiting;
  return <Workbench {...props} change={change.data} document={read.document} language={language} />;
}

function Workbench({
  kind,
  baseVersion: live,
  document: start,
  change,
  language,
  mode,
  row,
  onMode,
  onRow,
  onSaved,
  onClose,
}: Props & { document: RuleDocument; language: Language; change: Outputs['changes']['get'] | undefined }) {
  const t = useTranslations('rules');
  const words = useTranslations('ruleEditor');
  const trpc = useTrpc();
  const router = useRouter();
  const item = change?.items.find((one) => one.kind === kind);
  // Fixed when the editor opens: what is published meanwhile must come up as a conflict, not be overwritten.
  const [baseVersion, setBaseVersion] = useState(item?.baseVersion ?? live);
  const [state, dispatch] = useReducer(edit, start, startEditing);
  const [saved, setSaved] = useState(state.text);
  const [note, setNote] = useState('');
  const dirty = state.text !== saved;
  const unsaved = useUnsaved(kind, baseVersion, state.text, dirty);

  const check = useMutation(trpc.rules[kind].validate.mutationOptions());
  const { mutate: validate } = check;
  const { document } = state;
  useEffect(() => {
    const timer = setTimeout(() => validate({ document }), 350);
    return () => clearTimeout(timer);
  }, [document, validate]);
  const { refusals, report } = useRefusals();
  // A cell that shows what no rule holds: what is seen would not be what is saved.
  const refused = refusals.map(({ ruleId = row ?? '', label, text }): Issue => {
    const index = document.rules.findIndex((rule) => idOf(rule) === ruleId);
    return {
      path: index < 0 ? '' : `/rules/${index}`,
      code: 'refused_cell',
      severity: 'error',
      message: words('refusedCell', { label, text: text.slice(0, 60) }),
    };
  });
  const issues: Issue[] = state.broken
    ? [
        {
          path: '',
          code: 'json',
          severity: 'error',
          message: state.broken.line
            ? words('brokenAt', { line: state.broken.line, message: state.broken.message })
            : state.broken.message,
        },
      ]
    : [...refused, ...(check.data?.issues ?? [])];
  const valid = !state.broken && refused.length === 0 && check.data?.ok === true && !check.isPending;
  const changes: readonly Change[] | undefined = check.data && !check.data.ok ? undefined : (check.data?.changes ?? []);

  const draft = useDraft({ kind, baseVersion, change });
  // A change that changes nothing helps nobody.
  const empty = draft.id === undefined && changes?.length === 0;
  const [needsNote, setNeedsNote] = useState(false);
  const save = async (stays: boolean): Promise<string | undefined> => {
    if (!valid || empty) return undefined;
    if (draft.id !== undefined && !dirty && baseVersion === item?.baseVersion) return draft.id;
    const missing = draft.id === undefined && note.trim().length < 3;
    setNeedsNote(missing);
    if (missing) {
      window.document.querySelector<HTMLElement>('[data-note]')?.focus();
      return undefined;
    }
    const id = await draft.save(document, draft.id ? '' : t(`changeTitle.${kind}`), note.trim());
    setSaved(state.text);
    unsaved.forget();
    toast.success(t('draftSaved'));
    if (stays) onSaved(id);
    return id;
  };
  const submit = async () => {
    const id = await save(false);
    if (id) router.push(`/changes/${id}?act=submit`);
  };
  const put = useCallback((next: RuleDocument) => dispatch({ type: 'document', document: next }), []);
  const open = (id: string) => {
    onRow(id);
    onMode('form');
  };
  const add = () => {
    const id = freeId(document, 'new-rule');
    const rule: JsonObject = {
      id,
      name: words('newRuleName'),
      conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value: 100_000 }] },
      event: { type: language.eventTypes[0] ?? '' },
    };
    const order = orderOf(document);
    const behind = order.find((index) => idOf(document.rules[index] ?? {}) === row) ?? order.at(-1);
    put(insertAfter(document, behind, rule));
    open(id);
  };

  const keys = useRef<Record<'add' | 'undo' | 'redo', () => void> & Record<'save' | 'submit', () => Promise<unknown>>>(
    undefined as never,
  );
  keys.current = {
    save: () => save(true),
    submit,
    add: () => !state.broken && add(),
    undo: () => dispatch({ type: 'undo' }),
    redo: () => dispatch({ type: 'redo' }),
  };
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const command = event.metaKey || event.ctrlKey;
      const inText = /^(INPUT|TEXTAREA)$/.test((event.target as HTMLElement).tagName);
      const inCode = (event.target as HTMLElement).closest('.cm-editor') !== null;
      if (command && (event.key === 's' || event.key === 'Enter')) {
        event.preventDefault();
        // What is being typed in a cell counts too.
        (window.document.activeElement as HTMLElement | null)?.blur?.();
        setTimeout(() => void keys.current[event.key === 's' ? 'save' : 'submit']().catch(() => undefined));
      } else if (command && event.key.toLowerCase() === 'z' && !inText && !inCode) {
        event.preventDefault();
        keys.current[event.shiftKey ? 'redo' : 'undo']();
      } else if (event.key === 'n' && !isTyping(event)) {
        event.preventDefault();
        keys.current.add();
      }
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);

  return (
    <>
      {unsaved.found && unsaved.found.text !== state.text && !dirty ? (
        <p role="status" className="mb-3 flex flex-wrap items-center gap-2 rounded-md bg-warn-bg px-3 py-2 text-warn">
          {words('leftBehind', { time: dateTime(unsaved.found.at), version: unsaved.found.base })}
          <Button onClick={() => dispatch({ type: 'text', text: unsaved.found?.text ?? '' })}>
            {words('restore')}
          </Button>
          <Button look="quiet" onClick={unsaved.forget}>
            {words('discard')}
          </Button>
        </p>
      ) : null}
      <div className="mb-3 flex flex-wrap items-end gap-2">
        <div className="min-w-56 flex-1">
          <Field label={t('noteLabel')} error={needsNote ? t('noteNeeded') : undefined}>
            {(id) => (
              <Input
                id={id}
                data-note
                value={note}
                maxLength={500}
                onChange={(event) => setNote(event.target.value)}
                placeholder={change?.reason ?? t('notePlaceholder')}
              />
            )}
          </Field>
        </div>
        <span aria-live="polite" className="self-center pt-4 text-xs text-warn">
          {dirty ? words('unsaved') : ''}
        </span>
        <Button onClick={onClose}>{t('close')}</Button>
        <Button
          disabled={!valid || empty || draft.busy}
          title="⌘S"
          onClick={() => void save(true).catch(() => undefined)}
        >
          {t('saveDraft')}
        </Button>
        <Button
          look="primary"
          disabled={!valid || empty || draft.busy}
          title="⌘Enter"
          onClick={() => void submit().catch(() => undefined)}
        >
          {t('submit')}
        </Button>
      </div>
      {draft.error ? (
        <p role="alert" className="mb-3 text-failed">
          {draft.error.message}
        </p>
      ) : null}
      {draft.id ? (
        <p className="mb-3 text-xs text-muted">
          {t('inChange')}{' '}
          <Link href={`/changes/${draft.id}`} className="text-primary underline">
            {change?.title ?? draft.id}
          </Link>
        </p>
      ) : null}
      {live !== baseVersion ? (
        <p
          role="alert"
          className="mb-3 flex flex-wrap items-center gap-2 rounded-md bg-failed-bg px-3 py-2 text-failed"
        >
          {t('overtaken', { base: baseVersion, live })}
          {draft.id ? (
            <Link href={`/changes/${draft.id}`} className="underline">
              {t('seeLost')}
            </Link>
          ) : null}
          <Button onClick={() => setBaseVersion(live)}>{t('takeAsBase', { live })}</Button>
        </p>
      ) : null}
      <Toolbar
        mode={mode}
        onMode={onMode}
        canUndo={state.past.length > 0 && mode !== 'json'}
        canRedo={state.future.length > 0 && mode !== 'json'}
        onUndo={() => dispatch({ type: 'undo' })}
        onRedo={() => dispatch({ type: 'redo' })}
        onAdd={state.broken ? undefined : add}
      />
      {state.broken && mode !== 'json' ? (
        <p
          role="alert"
          className="mb-3 flex flex-wrap items-center gap-2 rounded-md bg-failed-bg px-3 py-2 text-failed"
        >
          {words('brokenHere')}
          <Button onClick={() => onMode('json')}>{words('toJson')}</Button>
          <Button look="quiet" onClick={() => dispatch({ type: 'mend' })}>
            {words('mend')}
          </Button>
        </p>
      ) : null}
      <div className={mode === 'json' ? 'grid gap-6 xl:grid-cols-[3fr_2fr]' : ''}>
        <div className="min-w-0">
          <RefusalsOf report={report}>
            {mode === 'json' ? (
              <JsonEditor
                value={state.text}
                onChange={(text) => dispatch({ type: 'text', text })}
                issues={issues}
                label={t('editorLabel')}
                completions={{
                  facts: [...language.facts.values()].map(({ name, description, descriptionZh }) => ({
                    name,
                    info: language.locale === 'zh' ? descriptionZh : description,
                  })),
                  events: [...language.eventTypes],
                }}
              />
            ) : mode === 'form' ? (
              <FormEditor
                document={document}
                language={language}
                issues={issues}
                row={row}
                readOnly={state.broken !== undefined}
                onRow={onRow}
                onChange={put}
              />
            ) : (
              <fieldset disabled={state.broken !== undefined} className="min-w-0">
                <legend className="sr-only">{words('modes.table')}</legend>
                <GridEditor
                  document={document}
                  language={language}
                  issues={issues}
                  readOnly={state.broken !== undefined}
                  onChange={put}
                  onOpen={open}
                />
              </fieldset>
            )}
          </RefusalsOf>
        </div>
        <div
          className={mode === 'json' ? 'min-w-0' : 'mt-8 grid min-w-0 gap-x-8 gap-y-6 lg:grid-cols-2 [&>section]:mt-0'}
        >
          <Findings
            issues={issues}
            changes={changes}
            document={document}
            baseVersion={baseVersion}
            checking={check.isPending}
            onOpen={open}
          />
        </div>
      </div>
      <FactList language={language} />
      <div className="mt-8">{valid ? <TryOne kind={kind} draft={document} /> : null}</div>
    </>
  );
}

function FactList({ language }: { language: Language }) {
  const t = useTranslations('rules');
  const facts = [...language.facts.values()];
  return (
    <details className="mt-8">
      <summary className="font-semibold">{t('factsCount', { count: facts.length })}</summary>
      <Table
        label={t('factsTitle')}
        head={[t('fact'), t('type'), t('meaning')].map((name) => <Th key={name}>{name}</Th>)}
      >
        {facts.map((fact) => (
          <tr key={fact.name} className="border-b">
            <Td className="font-mono text-xs">{fact.name}</Td>
            <Td className="text-xs whitespace-nowrap">{fact.unit ?? fact.type}</Td>
            <Td className="text-xs">{language.locale === 'zh' ? fact.descriptionZh : fact.description}</Td>
          </tr>
        ))}
      </Table>
    </details>
  );
}
