'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Field, Input } from '@/ui/field';
import type { Channel } from '../channel-actions';

const operations = ['place', 'query', 'close', 'reverse', 'refund', 'queryRefund', 'fetchTrust'] as const;

/** How the channel is treated: places, queue, deadlines. In force on every node within a second of saving. */
export function ParamsForm({ channel, readOnly }: { channel: Channel; readOnly: boolean }) {
  const t = useTranslations('channels');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const { params } = channel;
  const save = useMutation(
    trpc.channels.updateParams.mutationOptions({
      onSuccess: () => {
        toast.success(t('saved'));
        return queries.invalidateQueries({ queryKey: trpc.channels.list.queryKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const number = (name: string) => Number(form.get(name));
    const deadlines = operations.filter((one) => String(form.get(`deadline-${one}`) ?? '') !== '');
    save.mutate({
      id: channel.id,
      priority: number('priority'),
      version: channel.version,
      params: {
        maxConcurrent: number('maxConcurrent'),
        maxQueue: number('maxQueue'),
        queueTimeoutMs: number('queueTimeoutMs'),
        deadlinesMs: Object.fromEntries(deadlines.map((one) => [one, number(`deadline-${one}`)])),
      },
    });
  };
  const input = (name: string, value: number | undefined, min: number, max: number, label: string) => (
    <Field key={name} label={label}>
      {(id) => (
        <Input
          id={id}
          name={name}
          type="number"
          min={min}
          max={max}
          defaultValue={value ?? ''}
          placeholder={t('byDefault')}
          readOnly={readOnly}
          required={value !== undefined && !name.startsWith('deadline')}
        />
      )}
    </Field>
  );
  return (
    <form onSubmit={submit}>
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4 xl:grid-cols-6">
        {input('maxConcurrent', params.maxConcurrent, 1, 10_000, t('maxConcurrent'))}
        {input('maxQueue', params.maxQueue, 0, 10_000, t('maxQueue'))}
        {input('queueTimeoutMs', params.queueTimeoutMs, 0, 60_000, t('queueTimeoutMs'))}
        {input('priority', channel.priority, 0, 100_000, t('priority'))}
        {operations.map((one) =>
          input(`deadline-${one}`, params.deadlinesMs[one], 50, 60_000, t('deadline', { operation: one })),
        )}
      </div>
      {save.error ? (
        <p role="alert" className="mt-3 text-failed">
          {save.error.message}
        </p>
      ) : null}
      {readOnly ? null : (
        <Button look="primary" type="submit" className="mt-4" disabled={save.isPending}>
          {t('saveParams')}
        </Button>
      )}
    </form>
  );
}
