'use client';

import { Check, Minus, X } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { duration, money, timeOfDay } from '@/lib/format';
import { useMe } from '@/lib/session';
import { CopyButton } from '@/ui/copy';
import { Json, unfold } from '@/ui/json';
import { Facts, Table, Td, Th } from '@/ui/table';
import type { OrderEvent } from './order-detail';
import { nameKeyOf } from './story';

type Exchange = {
  op: string;
  channelId: string;
  accountId: string;
  accountVersion?: number;
  queuedMs: number;
  durationMs: number;
  error?: string;
  request?: { method: string; url: string; headers: object; body: string };
  response?: { status: number; headers: object; body: string };
};
type Fired = { id: string; name?: string; event: { type: string; params?: object } };
type Candidate = { channelId: string; accountId: string; kept: boolean; reason: string; priority: number };
type Hold = { limitId: string; name: string; scopeKey: string; maxAmount?: string; maxCount?: number };
type Decision = {
  ruleSetVersion: number;
  fired: Fired[];
  facts: Record<string, unknown>;
  outcome?: string;
  candidates?: Candidate[];
  limits?: Hold[];
  failure?: { code: string; message: string };
  exhausted?: { name: string; maxAmount?: string; usedAmount: string };
};

/** What lies behind one event: the decision explained, or the masked messages, or just its data. */
export function EventPanel({ event, onClose }: { event: OrderEvent; onClose: () => void }) {
  const t = useTranslations('order');
  const kinds = useTranslations('events');
  const key = nameKeyOf(event);
  const { exchange, ...rest } = event.data as { exchange?: Exchange } & Record<string, unknown>;
  const kind = event.kind === 'risk.decided' ? 'risk' : event.kind === 'routing.planned' ? 'routing' : undefined;
  return (
    <section aria-label={t('event', { seq: event.seq })} className="grid min-w-0 gap-4 [&>*]:min-w-0">
      <div className="flex items-center gap-2">
        <h3 className="flex-1 font-semibold">
          {kinds.has(key) ? kinds(key) : event.kind}{' '}
          <span className="font-mono text-xs font-normal text-subtle">
            #{event.seq} · {timeOfDay(event.at)}
          </span>
        </h3>
        <button
          type="button"
          onClick={onClose}
          aria-label={t('closeEvent')}
          className="grid size-7 place-items-center rounded-md text-muted hover:bg-surface"
        >
          <X size={15} aria-hidden />
        </button>
      </div>
      {kind ? <DecisionDetail kind={kind} decision={rest as unknown as Decision} /> : null}
      {exchange ? <ExchangeDetail exchange={exchange} /> : null}
      {!kind && Object.keys(rest).length > 0 ? (
        <Json value={rest} label={t('result')} head={<span>{t('result')}</span>} />
      ) : null}
      {!kind && !exchange && Object.keys(rest).length === 0 ? <p className="text-muted">{t('noMore')}</p> : null}
    </section>
  );
}

function DecisionDetail({ kind, decision }: { kind: 'risk' | 'routing'; decision: Decision }) {
  const t = useTranslations('decision');
  return (
    <>
      <Facts
        rows={[
          [
            t('version'),
            <Link key="v" className="text-primary hover:underline" href={`/rules/${kind}?v=${decision.ruleSetVersion}`}>
              v{decision.ruleSetVersion}
            </Link>,
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
            decision.fired.length === 0 ? (
              t('noneFired')
            ) : (
              <ul key="fired">
                {decision.fired.map(({ id, name, event }) => (
                  <li key={id}>
                    {name ?? id} <span className="font-mono text-xs text-subtle">{id}</span> → {event.type}
                  </li>
                ))}
              </ul>
            ),
          ],
        ]}
      />
      {decision.candidates ? <Candidates candidates={decision.candidates} /> : null}
      {decision.limits && decision.limits.length > 0 ? (
        <Table
          label={t('limits')}
          head={[t('limits'), t('scope'), t('ceiling')].map((name) => <Th key={name}>{name}</Th>)}
        >
          {decision.limits.map((limit) => (
            <tr key={limit.limitId} className="border-b">
              <Td>{limit.name}</Td>
              <Td className="font-mono text-xs break-all">{limit.scopeKey}</Td>
              <Td className="whitespace-nowrap">
                {[
                  limit.maxAmount === undefined ? '' : money(Number(limit.maxAmount), 'CNY'),
                  limit.maxCount === undefined ? '' : t('times', { count: limit.maxCount }),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </Td>
            </tr>
          ))}
        </Table>
      ) : null}
      <div>
        <h4 className="mb-1 text-xs text-muted">{t('facts')}</h4>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 font-mono text-xs leading-5">
          {Object.entries(decision.facts).map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="break-all">{String(value)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </>
  );
}

/** Every account that was thought of, with why it came where it came: also why not the others. */
export function Candidates({ candidates }: { candidates: Candidate[] }) {
  const t = useTranslations('decision');
  const reasons = useTranslations('reasons');
  const say = (reason: string) => {
    const [key = '', detail] = reason.split(':');
    return reasons.has(key) ? reasons(key, { detail: detail ?? '' }) : reason;
  };
  return (
    <Table
      label={t('candidates')}
      head={[t('account'), t('kept'), t('why'), t('priority')].map((name) => <Th key={name}>{name}</Th>)}
    >
      {candidates.map(({ channelId, accountId, kept, reason, priority }) => (
        <tr key={accountId} className="border-b">
          <Td>
            {channelId} / <span className="font-medium">{accountId}</span>
          </Td>
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
  );
}

function ExchangeDetail({ exchange }: { exchange: Exchange }) {
  const t = useTranslations('decision');
  const { request, response } = exchange;
  const rows: [string, ReactNode][] = [
    [
      t('operation'),
      `${exchange.op} · ${exchange.channelId} / ${exchange.accountId}${exchange.accountVersion ? ` v${exchange.accountVersion}` : ''}`,
    ],
    [
      t('took'),
      `${duration(exchange.durationMs)}${exchange.queuedMs >= 1 ? ` + ${duration(exchange.queuedMs)} ${t('queued')}` : ''}`,
    ],
  ];
  if (exchange.error)
    rows.push([
      t('error'),
      <span key="e" className="text-failed">
        {exchange.error}
      </span>,
    ]);
  if (request)
    rows.push([
      t('address'),
      <span key="r" className="font-mono text-xs break-all">{`${request.method} ${request.url}`}</span>,
    ]);
  return (
    <>
      <Facts rows={rows} />
      {request ? <Message label={t('request')} value={{ headers: request.headers, body: request.body }} /> : null}
      {response ? (
        <Message
          label={t('response')}
          note={`HTTP ${response.status}`}
          value={{ headers: response.headers, body: response.body }}
        />
      ) : null}
      {request || response ? (
        <p className="text-xs text-subtle">
          {t('masked')} <CheckSignature accountId={exchange.accountId} />
        </p>
      ) : null}
    </>
  );
}

/** What is kept is masked and can't be checked; the message itself can, wherever it was written down. */
function CheckSignature({ accountId }: { accountId: string }) {
  const t = useTranslations('doctor');
  const { may } = useMe();
  if (!may('doctor.use') || !may('channels.read')) return null;
  return (
    <Link href={`/tools/signature?of=account:${accountId}`} className="text-primary underline">
      {t('check')}
    </Link>
  );
}

function Message({ label, note, value }: { label: string; note?: string; value: object }) {
  const t = useTranslations('order');
  return (
    <Json
      value={value}
      label={label}
      head={
        <>
          <span>
            {label} {note ? <span className="font-normal text-muted">{note}</span> : null}
          </span>
          <CopyButton text={JSON.stringify(unfold(value), null, 2)} label={t('copy')} copied={t('copied')} />
        </>
      }
    />
  );
}
