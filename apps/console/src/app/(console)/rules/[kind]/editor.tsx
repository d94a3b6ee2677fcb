'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useLocale, useTranslations } from 'next-intl';
import { useEffect, useMemo, useState } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Skeleton } from '@/ui/states';
import { Section, Table, Td, Th } from '@/ui/table';
import { type Kind, RuleTable } from './rules';
import { TryOne } from './try-one';

const JsonEditor = dynamic(() => import('./json-editor').then((module) => module.JsonEditor), {
  ssr: false,
  loading: () => <Skeleton rows={12} label="…" />,
});

/** JSON with the engine's own checks beside it: what is wrong and where, what it says in words, what it changes. */
export function Editor({
  kind,
  baseVersion,
  startVersion,
  onClose,
}: {
  kind: Kind;
  baseVersion: number;
  startVersion: number;
  onClose: () => void;
}) {
  const trpc = useTrpc();
  const start = useQuery(
    trpc.rules[kind].version.queryOptions(
      { version: Math.max(1, startVersion) },
      { staleTime: Number.POSITIVE_INFINITY },
    ),
  );
  const schema = useQuery(trpc.rules[kind].schema.queryOptions(undefined, { staleTime: Number.POSITIVE_INFINITY }));
  return (
    <Loaded query={start}>
      {({ document }) => (
        <Form
          kind={kind}
          baseVersion={baseVersion}
          document={document}
          facts={schema.data?.facts ?? []}
          events={schema.data?.events ?? []}
          onClose={onClose}
        />
      )}
    </Loaded>
  );
}

type Fact = { name: string; type: string; unit: string | null; description: string; descriptionZh: string };

function Form({
  kind,
  baseVersion,
  document,
  facts,
  events,
  onClose,
}: {
  kind: Kind;
  baseVersion: number;
  document: unknown;
  facts: Fact[];
  events: string[];
  onClose: () => void;
}) {
  const t = useTranslations('rules');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [text, setText] = useState(() => JSON.stringify(document, null, 2));
  const [note, setNote] = useState('');
  const [publishing, setPublishing] = useState(false);
  const check = useMutation(trpc.rules[kind].validate.mutationOptions());
  const { mutate: validate } = check;
  const parsed = useMemo(() => {
    try {
      return { value: JSON.parse(text) as Record<string, unknown> };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }, [text]);
  useEffect(() => {
    const timer = setTimeout(() => parsed.value !== undefined && validate({ document: parsed.value }), 350);
    return () => clearTimeout(timer);
  }, [parsed, validate]);
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.rules[kind].pathKey() });
  const save = useMutation(trpc.rules[kind].saveDraft.mutationOptions());
  const publish = useMutation(trpc.rules[kind].publish.mutationOptions());
  const issues = parsed.error
    ? [{ path: '', code: 'json', message: parsed.error, severity: 'error' }]
    : (check.data?.issues ?? []);
  const valid = parsed.value !== undefined && check.data?.ok === true && !check.isPending;

  async function saveDraft() {
    if (!parsed.value) return;
    const draft = await save.mutateAsync({ document: parsed.value, note });
    toast.success(t('draftSaved', { version: draft.version }));
    await refresh();
    return draft;
  }

  async function saveAndPublish() {
    const draft = await saveDraft();
    if (!draft) return;
    await publish.mutateAsync({ version: draft.version, contentHash: draft.contentHash, baseVersion, reason: note });
    toast.success(t('published', { version: draft.version }));
    await refresh();
    onClose();
  }

  return (
    <>
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
        <Button onClick={onClose}>{t('close')}</Button>
        <Button disabled={!valid || save.isPending} onClick={() => void saveDraft().catch(() => undefined)}>
          {t('saveDraft')}
        </Button>
        <Button look="primary" disabled={!valid} onClick={() => setPublishing(true)}>
          {t('publish')}
        </Button>
      </div>
      <div className="grid gap-6 xl:grid-cols-[3fr_2fr]">
        <div className="min-w-0">
          <JsonEditor
            value={text}
            onChange={setText}
            issues={issues}
            label={t('editorLabel')}
            completions={{
              facts: facts.map(({ name, description, descriptionZh }) => ({
                name,
                info: locale === 'zh' ? descriptionZh : description,
              })),
              events,
            }}
          />
        </div>
        <div className="min-w-0">
          <Section title={t('findings')}>
            <ul aria-live="polite" className="grid gap-1">
              {issues.length === 0 ? (
                <li className="text-success">{check.isPending ? t('checking') : t('noIssues')}</li>
              ) : null}
              {issues.map((issue) => (
                <li
                  key={issue.path + issue.code + issue.message}
                  className={issue.severity === 'error' ? 'text-failed' : 'text-warn'}
                >
                  <span className="font-mono text-xs">{issue.path || '/'}</span> {issue.message}
                </li>
              ))}
            </ul>
          </Section>
          <Section title={t('changes', { version: baseVersion })}>
            {check.data && !check.data.ok ? (
              <p className="text-muted">{t('fixFirst')}</p>
            ) : check.data && check.data.changes.length > 0 ? (
              <ul className="list-disc pl-5">
                {check.data.changes.map(({ words }) => (
                  <li key={words.en}>{words[locale]}</li>
                ))}
              </ul>
            ) : (
              <p className="text-muted">{t('sameAsActive')}</p>
            )}
          </Section>
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
                  <Td className="text-xs">{locale === 'zh' ? fact.descriptionZh : fact.description}</Td>
                </tr>
              ))}
            </Table>
          </details>
        </div>
      </div>
      {check.data && check.data.rules.length > 0 ? (
        <Section title={t('inWords')}>
          <RuleTable rules={check.data.rules} />
        </Section>
      ) : null}
      <div className="mt-8">{valid ? <TryOne kind={kind} draft={parsed.value} /> : null}</div>
      <Dialog
        open={publishing}
        onClose={() => setPublishing(false)}
        closeLabel={t('close')}
        title={t('publishTitle')}
        description={t('publishEffect', { version: baseVersion })}
        wide
      >
        <ul className="mb-4 list-disc pl-5">
          {(check.data?.changes ?? []).map(({ words }) => (
            <li key={words.en}>{words[locale]}</li>
          ))}
        </ul>
        {(save.error ?? publish.error) ? (
          <p role="alert" className="mb-3 text-failed">
            {(save.error ?? publish.error)?.message}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={() => setPublishing(false)}>{t('cancel')}</Button>
          <Button
            look="primary"
            disabled={save.isPending || publish.isPending}
            onClick={() => void saveAndPublish().catch(() => undefined)}
          >
            {t('publishNow')}
          </Button>
        </div>
      </Dialog>
    </>
  );
}
