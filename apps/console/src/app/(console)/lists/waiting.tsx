'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Section } from '@/ui/table';
import type { List } from './lists';

type Waiting = Outputs['lists']['waiting'][number];

/** Entries of lists that let payments through, until a second person has approved them. Nothing when none wait. */
export function WaitingEntries({ lists }: { lists: readonly List[] }) {
  const t = useTranslations('lists');
  const { may } = useMe();
  const trpc = useTrpc();
  const [asked, setAsked] = useState<{ one: Waiting; verdict: 'approve' | 'refuse' }>();
  const waiting = useQuery(trpc.lists.waiting.queryOptions({}, { refetchInterval: 10_000 }));
  if (!waiting.data || waiting.data.length === 0) return null;
  const nameOf = (id: string) => lists.find((list) => list.id === id)?.name ?? id;
  return (
    <div className="mt-6">
      <Section title={t('waiting')}>
        <p className="mb-2 text-muted">{t('waitingLead')}</p>
        <ul className="grid gap-2">
          {waiting.data.map((one) => (
            <li key={one.importId} className="grid gap-1 rounded-md bg-warn-bg px-3 py-2">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="font-medium">{nameOf(one.list)}</span>
                <span>{t('entryCount', { count: one.rows })}</span>
                {one.fileName ? <span className="text-xs text-muted">{one.fileName}</span> : null}
                <span className="text-xs text-muted">
                  {one.askedBy} · {dateTime(one.createdAt)}
                </span>
                <span className="ml-auto flex gap-1.5">
                  {may('changes.approve') && !one.isMine ? (
                    <>
                      <Button look="primary" onClick={() => setAsked({ one, verdict: 'approve' })}>
                        {t('approve')}
                      </Button>
                      <Button onClick={() => setAsked({ one, verdict: 'refuse' })}>{t('refuse')}</Button>
                    </>
                  ) : one.isMine ? (
                    <TakeBack one={one} />
                  ) : (
                    <span className="text-xs text-muted">{t('waitsForOther')}</span>
                  )}
                </span>
              </div>
              <p className="text-muted">{one.reason}</p>
              <Values one={one} />
            </li>
          ))}
        </ul>
      </Section>
      {asked ? <Verdict {...asked} list={nameOf(asked.one.list)} onClose={() => setAsked(undefined)} /> : null}
    </div>
  );
}

function Values({ one }: { one: Waiting }) {
  const t = useTranslations('lists');
  return (
    <ul className="flex max-h-24 flex-wrap gap-x-3 gap-y-1 overflow-auto font-mono text-xs">
      {one.first.map(({ value, expiresAt }) => (
        <li key={value}>
          {value}{' '}
          <span className="text-muted">
            {expiresAt === null ? t('forever') : t('untilTime', { time: dateTime(expiresAt) })}
          </span>
        </li>
      ))}
      {one.rows > one.first.length ? <li className="text-muted">… {one.rows - one.first.length}</li> : null}
    </ul>
  );
}

function TakeBack({ one }: { one: Waiting }) {
  const t = useTranslations('lists');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const discard = useMutation(
    trpc.lists.importDiscard.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.lists.pathKey() }),
      onError: (error) => toast.error(error.message),
    }),
  );
  return (
    <>
      <span className="self-center text-xs text-muted">{t('waitsForOther')}</span>
      <Button onClick={() => discard.mutate({ importId: one.importId })} disabled={discard.isPending}>
        {t('takeBack')}
      </Button>
    </>
  );
}

function Verdict({
  one,
  verdict,
  list,
  onClose,
}: {
  one: Waiting;
  verdict: 'approve' | 'refuse';
  list: string;
  onClose: () => void;
}) {
  const t = useTranslations('lists');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const options = {
    onSuccess: async () => {
      toast.success(t(verdict === 'approve' ? 'approved' : 'refused', { count: one.rows, list }));
      onClose();
      await queries.invalidateQueries({ queryKey: trpc.lists.pathKey() });
    },
  };
  const approve = useMutation(trpc.lists.approve.mutationOptions(options));
  const refuse = useMutation(trpc.lists.refuse.mutationOptions(options));
  const { error, isPending } = verdict === 'approve' ? approve : refuse;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get('text') ?? '').trim();
    if (verdict === 'refuse') refuse.mutate({ importId: one.importId, reason: text });
    else approve.mutate({ importId: one.importId, ...(text ? { comment: text } : {}) });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t(verdict)}
      description={t(`${verdict}Effect`, { count: one.rows, list })}
    >
      <form onSubmit={submit} className="grid gap-4">
        <Values one={one} />
        <Field label={t(verdict === 'approve' ? 'comment' : 'reason')}>
          {(id) => <Input id={id} name="text" required={verdict === 'refuse'} maxLength={200} />}
        </Field>
        {error ? (
          <p role="alert" className="text-failed">
            {error.message}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look={verdict === 'approve' ? 'primary' : 'danger'} type="submit" disabled={isPending}>
            {t(verdict)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
