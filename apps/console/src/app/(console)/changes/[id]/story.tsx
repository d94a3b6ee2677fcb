'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { changeTones } from '@/changes/status';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Field, Input } from '@/ui/field';
import type { Change } from './change-detail';

/** Who did what to the change, and what was said about it. */
export function Story({ change }: { change: Change }) {
  const t = useTranslations('changes');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const comment = useMutation(
    trpc.changes.comment.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.changes.get.queryKey({ id: change.id }) }),
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get('text') ?? '').trim();
    comment.mutate({ id: change.id, text }, { onSuccess: () => form.reset() });
  };
  return (
    <>
      <ol className="grid gap-2 border-l pl-4">
        {change.events.map((event) => {
          const said = event.data.text ?? event.data.reason ?? event.data.comment;
          return (
            <li key={event.at + event.kind} className="relative">
              <span aria-hidden className="absolute top-1.5 -left-[21px] size-2 rounded-full bg-edge" />
              <span className="flex flex-wrap items-center gap-x-2">
                <span className="font-medium">{t.has(`did.${event.kind}`) ? t(`did.${event.kind}`) : event.kind}</span>
                <span>{event.actor === 'system' ? t('system') : event.actor}</span>
                <time className="text-xs text-subtle" dateTime={new Date(event.at).toISOString()}>
                  {dateTime(event.at)}
                </time>
                {event.to && event.to !== event.from ? (
                  <Chip tone={changeTones[event.to]}>{t(`states.${event.to}`)}</Chip>
                ) : null}
              </span>
              {typeof said === 'string' && said ? <p className="break-words text-muted">{said}</p> : null}
            </li>
          );
        })}
      </ol>
      <form onSubmit={submit} className="mt-4 flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <Field label={t('comment')} error={comment.error?.message}>
            {(id) => <Input id={id} name="text" required maxLength={1000} />}
          </Field>
        </div>
        <Button type="submit" disabled={comment.isPending}>
          {t('say')}
        </Button>
      </form>
    </>
  );
}
