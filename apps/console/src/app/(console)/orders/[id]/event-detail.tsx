'use client';

import { Check, Minus } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { money } from '@/lib/format';
import { Json } from '@/ui/json';
import { Facts, Table, Td, Th } from '@/ui/table';
import type { OrderEvent } from './timeline';

type Exchange = {
  op: string;
  channelId: string;
  accountId: string;
  queuedMs: number;
  durationMs: number;
  error?: string;
  request?: { method: string; url: string; headers: object; body: string };
  response?: { status: number; headers: object; body: string };
};
type Fired = { id: string; name?: string; event: { type: string; params?: object } };
type Candidate = { channelId: string; accountId: string; kept: boolean; reason: string; priority: number };
type Decision = {
  ruleSetVersion: number;
  fired: Fired[];
  facts: Record<string, unknown>;
  outcome?: string;
  candidates?: Candidate[];
  exhausted?: { name: string; maxAmount?: string; usedAmount: string };
};

/** What lies behind one event: the decision explained, or the masked messages, or just its data. */
export function EventDetail({ event }: { event: OrderEvent }) {
  const { exchange, ...rest } = event.data as { exchange?: Exchange } & Record<string, unknown>;
  const isDecision = event.kind === 'risk.decided' || event.kind === 'routing.planned';
  return (
    <div className="mb-3 grid gap-4 rounded-md border bg-bg p-3">
      {isDecision ? (
        <DecisionDetail
          kind={event.kind === 'risk.decided' ? 'risk' : 'routing'}
          decision={rest as unknown as Decision}
        />
      ) : null}
      {exchange ? <ExchangeDetail exchange={exchange} /> : null}
      {!isDecision && Object.keys(rest).length > 0 ? <Json value={rest} label="data" /> : null}
      {!isDecision && !exchange && Object.keys(rest).length === 0 ? (
        <Json value={{ seq: event.seq, kind: event.kind, actor: event.actor }} label="data" />
      ) : null}
    </div>
  );
}

function DecisionDetail({ kind, decision }: { kind: 'risk' | 'routing'; decision: Decision }) {
  const t = useTranslations('decision');
  const reasons = useTranslations('reasons');
  const say = (reason: string) => {
    const [key = '', detail] = reason.split(':');
    return reasons.has(key) ? reasons(key, { detail: detail ?? '' }) : reason;
  };
  return (
    <>
      <Facts
        rows={[
          [
            t('version'),
            <a key="v" className="text-primary hover:underline" href={`/rules/${kind}?v=${decision.ruleSetVersion}`}>
              v{decision.ruleSetVersion}
            </a>,
          ],
          ...(decision.outcome ? ([[t('outcome'), t(`outcomes.${decision.outcome}`)]] as [string, string][]) : []),
          ...(decision.exhausted
            ? ([
                [
                  t('exhausted'),
                  `${decision.exhausted.name}: ${money(Number(decision.exhausted.usedAmount), 'CNY')} / ${decision.exhausted.maxAmount ? money(Number(decision.exhausted.maxAmount), 'CNY') : '—'}`,
                ],
              ] as [string, string][])
            : []),
          [
            t('fired'),
            decision.fired.length === 0
              ? t('noneFired')
              : decision.fired.map(({ id, name, event }) => `${name ?? id} → ${event.type}`).join('；'),
          ],
          [
            t('facts'),
            <span key="f" className="font-mono text-xs">
              {Object.entries(decision.facts)
                .map(([name, value]) => `${name}=${String(value)}`)
                .join('  ')}
            </span>,
          ],
        ]}
      />
      {decision.candidates ? (
        <Table
          label={t('candidates')}
          head={[t('account'), t('kept'), t('why'), t('priority')].map((name) => <Th key={name}>{name}</Th>)}
        >
          {decision.candidates.map(({ channelId, accountId, kept, reason, priority }) => (
            <tr key={accountId} className="border-b">
              <Td>{`${channelId} / ${accountId}`}</Td>
              <Td>
                {kept ? (
                  <Check size={14} className="text-success" aria-label={t('yes')} />
                ) : (
                  <Minus size={14} className="text-subtle" aria-label={t('no')} />
                )}
              </Td>
              <Td>{say(reason)}</Td>
              <Td>{priority}</Td>
            </tr>
          ))}
        </Table>
      ) : null}
    </>
  );
}

function ExchangeDetail({ exchange }: { exchange: Exchange }) {
  const t = useTranslations('decision');
  return (
    <>
      <Facts
        rows={[
          [t('operation'), `${exchange.op} · ${exchange.channelId} / ${exchange.accountId}`],
          [
            t('took'),
            `${exchange.durationMs} ms${exchange.queuedMs > 0 ? ` + ${exchange.queuedMs} ms ${t('queued')}` : ''}`,
          ],
          ...(exchange.error
            ? ([
                [
                  t('error'),
                  <span key="e" className="text-failed">
                    {exchange.error}
                  </span>,
                ],
              ] as [string, React.ReactNode][])
            : []),
          ...(exchange.request
            ? ([
                [
                  t('request'),
                  <span
                    key="r"
                    className="font-mono text-xs break-all"
                  >{`${exchange.request.method} ${exchange.request.url}`}</span>,
                ],
              ] as [string, React.ReactNode][])
            : []),
          ...(exchange.response
            ? ([[t('response'), `HTTP ${exchange.response.status}`]] as [string, React.ReactNode][])
            : []),
        ]}
      />
      <div className="grid gap-3 lg:grid-cols-2">
        {exchange.request ? (
          <Json value={{ headers: exchange.request.headers, body: exchange.request.body }} label={t('request')} />
        ) : null}
        {exchange.response ? (
          <Json value={{ headers: exchange.response.headers, body: exchange.response.body }} label={t('response')} />
        ) : null}
      </div>
    </>
  );
}
