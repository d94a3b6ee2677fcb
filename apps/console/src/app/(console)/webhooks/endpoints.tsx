'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { dateTime, duration, percent } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip, type Tone } from '@/ui/chip';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Table, Td, Th } from '@/ui/table';

type Endpoint = Outputs['webhooks']['endpoints'][number];

const tones: Readonly<Record<Endpoint['state'], Tone>> = {
  well: 'success',
  failing: 'warn',
  resting: 'failed',
  paused: 'closed',
};

/** Each host that webhooks go to, the ill ones first. Choosing one narrows the list of deliveries. */
export function Endpoints({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string | null) => void }) {
  const t = useTranslations('webhooks');
  const { may } = useMe();
  const query = useQuery(useTrpc().webhooks.endpoints.queryOptions(undefined, { refetchInterval: 5_000 }));
  const [pausing, setPausing] = useState<Endpoint>();
  return (
    <>
      <Loaded query={query}>
        {(endpoints) =>
          endpoints.length === 0 ? (
            <Empty title={t('noEndpoints')}>{t('noEndpointsHint')}</Empty>
          ) : (
            <Table
              cards
              label={t('endpoints')}
              head={
                <>
                  {[t('endpoint'), t('state'), t('waiting'), t('lastHour'), 'P95', t('dead'), t('last')].map((name) => (
                    <Th key={name}>{name}</Th>
                  ))}
                  <Th>
                    <span className="sr-only">{t('act')}</span>
                  </Th>
                </>
              }
            >
              {endpoints.map((one) => (
                <Row
                  key={one.id}
                  endpoint={one}
                  chosen={one.id === chosen}
                  onChoose={() => onChoose(one.id === chosen ? null : one.id)}
                  onPause={may('orders.renotify') ? () => setPausing(one) : undefined}
                />
              ))}
            </Table>
          )
        }
      </Loaded>
      {pausing ? <Pause endpoint={pausing} onClose={() => setPausing(undefined)} /> : null}
    </>
  );
}

function Row({
  endpoint,
  chosen,
  onChoose,
  onPause,
}: {
  endpoint: Endpoint;
  chosen: boolean;
  onChoose: () => void;
  onPause: (() => void) | undefined;
}) {
  const t = useTranslations('webhooks');
  const { state, restUntil, pausedBy, pausedReason, tries, delivered, waiting, oldestDueAt, lastError } = endpoint;
  const late = oldestDueAt === null ? 0 : Date.now() - oldestDueAt;
  return (
    <tr className={`border-b align-top ${chosen ? 'bg-processing-bg' : ''}`} aria-current={chosen ? 'true' : undefined}>
      <Td className="min-w-56">
        <button type="button" className="text-left break-all text-primary underline" onClick={onChoose}>
          {endpoint.origin}
        </button>
        <span className="block text-xs text-muted">{endpoint.merchantName ?? endpoint.merchantId}</span>
      </Td>
      <Td label={t('state')}>
        <span>
          <Chip tone={tones[state]}>{t(`states.${state}`)}</Chip>
          <span className="block text-xs text-muted">
            {state === 'paused'
              ? t('pausedWhy', { who: pausedBy ?? '—', why: pausedReason ?? '—' })
              : state === 'resting' && restUntil
                ? t('probeIn', { time: duration(Math.max(0, restUntil - Date.now())) })
                : endpoint.failures > 0
                  ? t('inARow', { count: endpoint.failures })
                  : ''}
          </span>
        </span>
      </Td>
      <Td label={t('waiting')}>
        <span>
          {waiting}
          {late > 60_000 ? (
            <span className="block text-xs text-warn">{t('late', { time: duration(late) })}</span>
          ) : null}
        </span>
      </Td>
      <Td label={t('lastHour')} className="whitespace-nowrap">
        <span>
          {tries === 0 ? '—' : percent(delivered, tries)}
          <span className="block text-xs text-subtle">{t('triesOf', { count: tries })}</span>
        </span>
      </Td>
      <Td label="P95" className="whitespace-nowrap">
        <span>{endpoint.p95Ms === null ? '—' : duration(endpoint.p95Ms)}</span>
      </Td>
      <Td label={t('dead')} className={endpoint.dead > 0 ? 'text-failed' : ''}>
        <span>{endpoint.dead}</span>
      </Td>
      <Td label={t('last')} className="text-xs text-muted">
        <span>
          {endpoint.lastSuccessAt ? t('lastSuccess', { time: dateTime(endpoint.lastSuccessAt) }) : t('neverYet')}
          {state !== 'well' && lastError ? <span className="block break-words text-failed">{lastError}</span> : null}
        </span>
      </Td>
      <Td className="text-right whitespace-nowrap">
        {onPause ? (
          state === 'paused' || state === 'resting' ? (
            <Resume endpoint={endpoint} />
          ) : (
            <Button look="quiet" onClick={onPause}>
              {t('pause')}
            </Button>
          )
        ) : null}
      </Td>
    </tr>
  );
}

function Resume({ endpoint }: { endpoint: Endpoint }) {
  const t = useTranslations('webhooks');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const resume = useMutation(
    trpc.webhooks.resume.mutationOptions({
      onSuccess: async () => {
        toast.success(t('wasResumed', { origin: endpoint.origin }));
        await queries.invalidateQueries({ queryKey: trpc.webhooks.pathKey() });
      },
    }),
  );
  return (
    <>
      <Button onClick={() => resume.mutate({ id: endpoint.id })} disabled={resume.isPending}>
        {t(endpoint.state === 'paused' ? 'resume' : 'tryNow')}
      </Button>
      {resume.error ? <p className="text-xs text-failed">{resume.error.message}</p> : null}
    </>
  );
}

function Pause({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  const t = useTranslations('webhooks');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const pause = useMutation(
    trpc.webhooks.pause.mutationOptions({
      onSuccess: async () => {
        toast.success(t('wasPaused', { origin: endpoint.origin }));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.webhooks.pathKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    pause.mutate({ id: endpoint.id, reason: String(new FormData(event.currentTarget).get('reason') ?? '').trim() });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t('pauseTitle', { origin: endpoint.origin })}
      description={t('pauseEffect', { count: endpoint.waiting })}
    >
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('reason')} error={pause.error?.message}>
          {(id) => <Input id={id} name="reason" required maxLength={200} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="danger" type="submit" disabled={pause.isPending}>
            {t('pause')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
