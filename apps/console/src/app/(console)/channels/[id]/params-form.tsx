'use client';

import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { type Proposal, Propose } from '@/changes/propose';
import { Button } from '@/ui/button';
import { Field, Input, Select } from '@/ui/field';
import type { Channel } from '../channel-actions';

const operations = ['place', 'query', 'close', 'reverse', 'refund', 'queryRefund', 'fetchTrust'] as const;

const breakerNumbers = [
  ['windowSize', 1, 3_600],
  ['minimumCalls', 1, 100_000],
  ['failureRateThreshold', 1, 100],
  ['slowCallMs', 1, 60_000],
  ['slowRateThreshold', 1, 100],
  ['openMs', 1, 3_600_000],
  ['halfOpenProbes', 1, 1_000],
] as const;

const callbackNumbers = [
  ['maxConcurrent', 1, 10_000],
  ['maxQueue', 0, 10_000],
  ['queueTimeoutMs', 0, 60_000],
  ['deadlineMs', 50, 60_000],
] as const;

/** How the channel is treated: places, queue, deadlines, circuit breakers. Changed as a change request. */
export function ParamsForm({ channel, readOnly }: { channel: Channel; readOnly: boolean }) {
  const t = useTranslations('channels');
  const { params } = channel;
  const [proposal, setProposal] = useState<Proposal>();
  // What the form was opened on: a version published meanwhile must come up as a conflict.
  const [base] = useState(channel.version);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const number = (name: string) => Number(form.get(name));
    const deadlines = operations.filter((one) => String(form.get(`deadline-${one}`) ?? '') !== '');
    setProposal({
      title: t('changeTitle', { name: channel.name }),
      items: [
        {
          kind: 'channel',
          objectId: channel.id,
          baseVersion: base,
          document: {
            id: channel.id,
            name: channel.name,
            adapter: channel.adapter,
            priority: number('priority'),
            feeBps: number('feeBps'),
            params: {
              ...params,
              maxConcurrent: number('maxConcurrent'),
              maxQueue: number('maxQueue'),
              queueTimeoutMs: number('queueTimeoutMs'),
              queriesPerSecond: number('queriesPerSecond'),
              callbacks: Object.fromEntries(callbackNumbers.map(([name]) => [name, number(`callbacks-${name}`)])),
              breaker: {
                windowKind: form.get('windowKind') === 'time' ? 'time' : 'count',
                ...Object.fromEntries(breakerNumbers.map(([name]) => [name, number(name)])),
              },
              deadlinesMs: Object.fromEntries(deadlines.map((one) => [one, number(`deadline-${one}`)])),
            },
          },
        },
      ],
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
        {input('queriesPerSecond', params.queriesPerSecond, 1, 100_000, t('queriesPerSecond'))}
        {input('priority', channel.priority, 0, 100_000, t('priority'))}
        {input('feeBps', channel.feeBps, 0, 10_000, t('feeBps'))}
        {operations.map((one) =>
          input(
            `deadline-${one}`,
            params.deadlinesMs[one],
            50,
            60_000,
            t('deadline', { operation: t(`operations.${one}`) }),
          ),
        )}
        {callbackNumbers.map(([name, min, max]) =>
          input(`callbacks-${name}`, params.callbacks[name], min, max, t(`callbackParams.${name}`)),
        )}
        <Field label={t('windowKind')}>
          {(id) => (
            <Select id={id} name="windowKind" defaultValue={params.breaker.windowKind} disabled={readOnly}>
              {(['count', 'time'] as const).map((kind) => (
                <option key={kind} value={kind}>
                  {t(`windowKinds.${kind}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {breakerNumbers.map(([name, min, max]) => input(name, params.breaker[name], min, max, t(name)))}
      </div>
      {readOnly ? null : (
        <Button look="primary" type="submit" className="mt-4">
          {t('propose')}
        </Button>
      )}
      {proposal ? (
        <Propose proposal={proposal} onBack={() => setProposal(undefined)} onClose={() => setProposal(undefined)} />
      ) : null}
    </form>
  );
}
