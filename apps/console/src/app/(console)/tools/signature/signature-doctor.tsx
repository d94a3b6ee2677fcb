'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { maxPaste, messageDirections } from '@tributary/contracts/signature-doctor';
import { useTranslations } from 'next-intl';
import { parseAsString, parseAsStringEnum, useQueryState } from 'nuqs';
import { type FormEvent, useState } from 'react';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Field, Input, Select, Textarea } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page } from '@/ui/table';
import { Result } from './result';

export type Examined = Outputs['doctor']['diagnose'];
type Subjects = Outputs['doctor']['subjects'];
type Subject = { kind: 'account' | 'merchant'; id: string };

const exampleKinds = ['valid', 'changed', 'stale', 'cut_signature'] as const;

/** Why a signature does not fit: paste the message, read the cause. */
export function SignatureDoctor() {
  const t = useTranslations('doctor');
  const query = useQuery(useTrpc().doctor.subjects.queryOptions());
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {(subjects) =>
          subjects.accounts.length + subjects.merchants.length === 0 ? (
            <Empty title={t('nobody')} />
          ) : (
            <Examination subjects={subjects} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Examination({ subjects }: { subjects: Subjects }) {
  const t = useTranslations('doctor');
  const trpc = useTrpc();
  const first = subjects.accounts[0] ? `account:${subjects.accounts[0].id}` : `merchant:${subjects.merchants[0]?.id}`;
  const [asked, setAsked] = useQueryState('of', parseAsString.withDefault(first));
  const [direction, setDirection] = useQueryState('kind', parseAsStringEnum([...messageDirections]));
  const [text, setText] = useState('');
  const [theirs, setTheirs] = useState('');
  const [receivedAt, setReceivedAt] = useState('');
  const subject = subjectOf(asked, subjects) ?? subjectOf(first, subjects);
  const diagnose = useMutation(trpc.doctor.diagnose.mutationOptions());
  const example = useMutation(
    trpc.doctor.example.mutationOptions({
      onSuccess: ({ text: loaded }) => {
        diagnose.reset();
        setText(loaded);
        setTheirs('');
        setReceivedAt('');
      },
    }),
  );
  if (!subject) return null;
  const tooLong = text.length > maxPaste || theirs.length > maxPaste;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    diagnose.mutate({
      subject,
      text,
      ...(direction ? { direction } : {}),
      ...(theirs === '' ? {} : { theirs }),
      // Times in the console are Beijing's.
      ...(receivedAt === '' ? {} : { receivedAt: new Date(`${receivedAt}+08:00`).getTime() }),
    });
  };
  return (
    <div className="grid gap-8 xl:grid-cols-2 [&>*]:min-w-0">
      <form onSubmit={submit} className="grid content-start gap-4">
        <div className="grid gap-3 sm:grid-cols-3">
          <Field label={t('of')}>
            {(id) => (
              <Select
                id={id}
                value={`${subject.kind}:${subject.id}`}
                onChange={(event) => {
                  diagnose.reset();
                  void setAsked(event.target.value);
                }}
              >
                <Options subjects={subjects} />
              </Select>
            )}
          </Field>
          <Field label={t('kind')}>
            {(id) => (
              <Select
                id={id}
                value={direction ?? ''}
                onChange={(event) =>
                  void setDirection(messageDirections.find((one) => one === event.target.value) ?? null)
                }
              >
                <option value="">{t('auto')}</option>
                {messageDirections.map((one) => (
                  <option key={one} value={one}>
                    {t(`directions.${one}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('receivedAt')}>
            {(id) => (
              <Input
                id={id}
                type="datetime-local"
                step={1}
                value={receivedAt}
                onChange={(event) => setReceivedAt(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Field label={t('message')} error={tooLong ? t('tooLong', { max: maxPaste / 1024 }) : undefined}>
          {(id) => (
            <Textarea
              id={id}
              rows={16}
              spellCheck={false}
              value={text}
              placeholder={t('placeholder')}
              onChange={(event) => {
                diagnose.reset();
                setText(event.target.value);
              }}
            />
          )}
        </Field>
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-xs text-muted">{t('examples')}</span>
          {exampleKinds.map((kind) => (
            <Button
              key={kind}
              look="quiet"
              disabled={example.isPending}
              onClick={() => example.mutate({ subject, kind })}
            >
              {t(`exampleKinds.${kind}`)}
            </Button>
          ))}
          <label className="inline-flex cursor-pointer items-center gap-1.5 text-primary hover:underline">
            {t('file')}
            <input
              type="file"
              className="sr-only"
              onChange={(event) => {
                const [file] = event.target.files ?? [];
                // A text field would change the line breaks of Windows; a file keeps them.
                if (file && file.size <= 4 * maxPaste) void file.text().then(setText);
              }}
            />
          </label>
        </div>
        <details>
          <summary className="cursor-pointer text-muted">{t('theirsTitle')}</summary>
          <Field label={t('theirs')}>
            {(id) => (
              <Textarea
                id={id}
                rows={6}
                spellCheck={false}
                value={theirs}
                onChange={(event) => setTheirs(event.target.value)}
              />
            )}
          </Field>
        </details>
        {diagnose.error || example.error ? (
          <p role="alert" className="text-failed">
            {(diagnose.error ?? example.error)?.message}
          </p>
        ) : null}
        <div className="flex flex-wrap items-center gap-3">
          <Button look="primary" type="submit" disabled={diagnose.isPending || text.trim() === '' || tooLong}>
            {t('examine')}
          </Button>
          <span className="text-xs text-muted">{t('privacy')}</span>
        </div>
      </form>
      <div aria-live="polite">
        {diagnose.data ? (
          <Result examined={diagnose.data} text={text} theirs={theirs} />
        ) : (
          <Empty title={t('nothingYet')}>{t('howTo')}</Empty>
        )}
      </div>
    </div>
  );
}

function Options({ subjects: { accounts, merchants } }: { subjects: Subjects }) {
  const t = useTranslations('doctor');
  return (
    <>
      {accounts.length > 0 ? (
        <optgroup label={t('accounts')}>
          {accounts.map(({ id, label, channel }) => (
            <option key={id} value={`account:${id}`}>
              {channel} · {label} ({id})
            </option>
          ))}
        </optgroup>
      ) : null}
      {merchants.length > 0 ? (
        <optgroup label={t('merchants')}>
          {merchants.map(({ id, name }) => (
            <option key={id} value={`merchant:${id}`}>
              {name} ({id})
            </option>
          ))}
        </optgroup>
      ) : null}
    </>
  );
}

function subjectOf(text: string, { accounts, merchants }: Subjects): Subject | undefined {
  const id = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('account:') && accounts.some((one) => one.id === id)) return { kind: 'account', id };
  return text.startsWith('merchant:') && merchants.some((one) => one.id === id) ? { kind: 'merchant', id } : undefined;
}
