'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { toast } from 'sonner';
import { dateTime } from '@/lib/format';
import { isTyping } from '@/lib/hotkeys';
import { useTrpc } from '@/lib/trpc';
import { freeId, idOf, insertAfter, type JsonObject, orderOf, type RuleDocument, readDocument } from '@/rules/document';
import { edit, startEditing } from '@/rules/editing';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Skeleton } from '@/ui/states';
import { Table, Td, Th } from '@/ui/table';
import { type Change, Findings, type Issue } from './edit/findings';
import { FormEditor } from './edit/form-editor';
import { GridEditor } from './edit/grid-editor';
import { type Mode, Toolbar } from './edit/toolbar';
import { useUnsaved } from './edit/unsaved';
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
  mode: Mode;
  row: string | null;
  onMode: (mode: Mode) => void;
  onRow: (id: string) => void;
  onClose: () => void;
};

/** Three editors of one document, with the engine's own checks beside them. */
export function Editor(props: Props) {
  const trpc = useTrpc();
  const { kind, startVersion } = props;
  const language = useLanguage(kind);
  const start = useQuery(
    trpc.rules[kind].version.queryOptions(
      { version: Math.max(1, startVersion) },
      { staleTime: Number.POSITIVE_INFINITY },
    ),
  );
  return (
    <Loaded query={start}>
      {({ document }) => {
        const read = readDocument(JSON.stringify(document));
        if (!language || !read.ok) return <Skeleton rows={10} label="…" />;
        return <Workbench key={startVersion} {...props} document={read.document} language={language} />;
      }}
    </Loaded>
  );
}

function Workbench({
  kind,
  baseVersion,
  document: start,
  language,
  mode,
  row,
  onMode,
  onRow,
  onClose,
}: Props & { document: RuleDocument; language: Language }) {
  const t = useTranslations('rules');
  const words = useTranslations('ruleEditor');
  const trpc = useTrpc();
  const queries = useQueryClient();
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
    : (check.data?.issues ?? []);
  const valid = !state.broken && check.data?.ok === true && !check.isPending;
  const changes: readonly Change[] | undefined = check.data && !check.data.ok ? undefined : (check.data?.changes ?? []);

  const save = useMutation(trpc.rules[kind].saveDraft.mutationOptions());
  const saveDraft = async () => {
    if (!valid) return;
    const draft = await save.mutateAsync({ document: { ...document }, note });
    setSaved(state.text);
    unsaved.forget();
    toast.success(t('draftSaved', { version: draft.version }));
    await queries.invalidateQueries({ queryKey: trpc.rules[kind].pathKey() });
    return draft;
  };
  const publish = useMutation(trpc.rules[kind].publish.mutationOptions());
  const [publishing, setPublishing] = useState(false);
  const saveAndPublish = async () => {
    const draft = await saveDraft();
    if (!draft) return;
    await publish.mutateAsync({ version: draft.version, contentHash: draft.contentHash, baseVersion, reason: note });
    toast.success(t('published', { version: draft.version }));
    await queries.invalidateQueries({ queryKey: trpc.rules[kind].pathKey() });
    onClose();
  };
  const change = useCallback((next: RuleDocument) => dispatch({ type: 'document', document: next }), []);
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
    change(insertAfter(document, behind, rule));
    open(id);
  };

  const keys = useRef<Record<'add' | 'undo' | 'redo', () => void> & { save: () => Promise<unknown> }>(
    undefined as never,
  );
  keys.current = {
    save: saveDraft,
    add: () => !state.broken && add(),
    undo: () => dispatch({ type: 'undo' }),
    redo: () => dispatch({ type: 'redo' }),
  };
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const command = event.metaKey || event.ctrlKey;
      const inText = /^(INPUT|TEXTAREA)$/.test((event.target as HTMLElement).tagName);
      const inCode = (event.target as HTMLElement).closest('.cm-editor') !== null;
      if (command && event.key === 's') {
        event.preventDefault();
        // What is being typed in a cell counts too.
        (window.document.activeElement as HTMLElement | null)?.blur?.();
        setTimeout(() => void keys.current.save().catch(() => undefined));
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
          <Field label={t('noteLabel')}>
            {(id) => (
              <Input
                id={id}
                value={note}
                maxLength={500}
                onChange={(event) => setNote(event.target.value)}
                placeholder={t('notePlaceholder')}
              />
            )}
          </Field>
        </div>
        <span aria-live="polite" className="self-center pt-4 text-xs text-warn">
          {dirty ? words('unsaved') : ''}
        </span>
        <Button onClick={onClose}>{t('close')}</Button>
        <Button disabled={!valid || save.isPending} onClick={() => void saveDraft().catch(() => undefined)}>
          {t('saveDraft')}
        </Button>
        <Button look="primary" disabled={!valid} onClick={() => setPublishing(true)}>
          {t('publish')}
        </Button>
      </div>
      {(save.error ?? publish.error) ? (
        <p role="alert" className="mb-3 text-failed">
          {(save.error ?? publish.error)?.message}
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
              onChange={change}
            />
          ) : (
            <fieldset disabled={state.broken !== undefined} className="min-w-0">
              <legend className="sr-only">{words('modes.table')}</legend>
              <GridEditor
                document={document}
                language={language}
                issues={issues}
                readOnly={state.broken !== undefined}
                onChange={change}
                onOpen={open}
              />
            </fieldset>
          )}
        </div>
        <div className={mode === 'json' ? 'min-w-0' : 'mt-8 grid min-w-0 gap-x-8 lg:grid-cols-2 [&>section]:mt-0'}>
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
      <Dialog
        open={publishing}
        onClose={() => setPublishing(false)}
        closeLabel={t('close')}
        title={t('publishTitle')}
        description={t('publishEffect', { version: baseVersion })}
        wide
      >
        <ul className="mb-4 list-disc pl-5">
          {(changes ?? []).map(({ words }) => (
            <li key={words.en}>{words[language.locale]}</li>
          ))}
        </ul>
        <div className="flex justify-end gap-2">
          <Button onClick={() => setPublishing(false)}>{t('cancel')}</Button>
          <Button
            look="primary"
            disabled={save.isPending || publish.isPending}
            onClick={() => void saveAndPublish().catch(() => setPublishing(false))}
          >
            {t('publishNow')}
          </Button>
        </div>
      </Dialog>
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
