'use client';

import { ChevronRight, TriangleAlert } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useEffect } from 'react';
import { duration, timeOfDay } from '@/lib/format';
import { isTyping } from '@/lib/hotkeys';
import { Section } from '@/ui/table';
import { EventPanel } from './event-detail';
import type { Order, OrderEvent } from './order-detail';
import { countOf, isTrouble, nameKeyOf, nextTrouble, rowsOf, type StoryRow, storyFilters } from './story';

type Props = { order: Order; open: number | null; onOpen: (seq: number | null) => void; inline: boolean };

/** Every event in causal order: when, how long after the one before, where, what changed, what it brought. */
export function Timeline({ order, open, onOpen, inline }: Props) {
  const t = useTranslations('order');
  const [filter, setFilter] = useQueryState('show', parseAsStringLiteral(storyFilters).withDefault('all'));
  const { events } = order;
  const rows = rowsOf(events, filter);

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== 'e' || isTyping(event)) return;
      const seq = nextTrouble(events, open);
      if (seq === undefined) return;
      onOpen(seq);
      document.getElementById(`event-${seq}`)?.focus();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [events, open, onOpen]);

  const pills = (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="sr-only">{t('show')}</legend>
      {storyFilters.map((one) => {
        const count = countOf(events, one);
        return (
          <button
            key={one}
            type="button"
            aria-pressed={filter === one}
            disabled={count === 0}
            onClick={() => void setFilter(one)}
            className={`inline-flex h-7 items-center gap-1 rounded-full border px-2.5 text-xs disabled:text-subtle ${filter === one ? 'border-primary bg-processing-bg text-processing' : 'text-muted hover:text-fg'}`}
          >
            {t(`filters.${one}`)} {count}
          </button>
        );
      })}
    </fieldset>
  );

  return (
    <div className="min-w-0">
      <Section title={t('timeline', { count: events.length })} actions={pills}>
        <ol>
          {rows.map((row, index) => (
            <li key={row.event.seq}>
              <Between row={row} />
              <Row
                row={row}
                order={order}
                nodeBefore={rows[index - 1]?.event.node}
                isOpen={open === row.event.seq}
                onToggle={() => onOpen(open === row.event.seq ? null : row.event.seq)}
              />
              {inline && open === row.event.seq ? (
                <div id="event-panel" className="my-2 rounded-md border border-edge p-3">
                  <EventPanel event={row.event} onClose={() => onOpen(null)} />
                </div>
              ) : null}
            </li>
          ))}
        </ol>
      </Section>
    </div>
  );
}

/** The silence before an event, and what the filter leaves out there. */
function Between({ row: { gapMs, hidden } }: { row: StoryRow<OrderEvent> }) {
  const t = useTranslations('order');
  if (gapMs === undefined && hidden === 0) return null;
  return (
    <p className="ml-[5px] border-l-2 border-dotted border-edge py-0.5 pl-4 text-xs text-subtle md:ml-[176px]">
      {[
        gapMs === undefined ? '' : t('gap', { time: duration(gapMs) }),
        hidden > 0 ? t('hidden', { count: hidden }) : '',
      ]
        .filter(Boolean)
        .join(' · ')}
    </p>
  );
}

const dots: Record<string, string> = {
  succeeded: 'bg-success',
  failed: 'bg-failed',
  rejected: 'bg-blocked',
  closed: 'bg-closed',
  unknown: 'bg-warn',
  pending: 'bg-processing',
  sending: 'bg-processing',
  processing: 'bg-processing',
  succeeded_late: 'bg-warn',
};

function Row({
  row: { event, sinceMs },
  order,
  nodeBefore,
  isOpen,
  onToggle,
}: {
  row: StoryRow<OrderEvent>;
  order: Order;
  /** The host of the row before: named again only when it changes. */
  nodeBefore: string | null | undefined;
  isOpen: boolean;
  onToggle: () => void;
}) {
  const t = useTranslations('order');
  const kinds = useTranslations('events');
  const actors = useTranslations('actors');
  const status = useTranslations('status');
  const key = nameKeyOf(event);
  const prefix = event.refundId ? 'refund_' : event.kind.startsWith('attempt.') ? 'attempt_' : '';
  const name = (state: string) => (status.has(prefix + state) ? status(prefix + state) : state);
  const exchange = event.data.exchange as { op?: string; error?: string; response?: { status: number } } | undefined;
  const raw = (event.data.result as { raw?: { code: string } } | undefined)?.raw?.code;
  const text = typeof event.data.text === 'string' ? event.data.text : undefined;
  const attempt = order.attempts.find(({ no }) => no === event.attemptNo);
  const actor = event.actor.startsWith('key:')
    ? t('byKey', { key: event.actor.slice(4) })
    : actors.has(event.actor)
      ? actors(event.actor)
      : event.actor;
  const changed = event.to !== null && event.from !== event.to;
  const where = [
    actor,
    attempt ? `#${attempt.no} ${attempt.accountId}` : '',
    exchange?.op ? `${exchange.op} ${exchange.response?.status ?? exchange.error ?? ''}` : '',
    event.node !== null && event.node !== nodeBefore ? event.node : '',
  ].filter(Boolean);
  return (
    <button
      id={`event-${event.seq}`}
      type="button"
      aria-expanded={isOpen}
      onClick={onToggle}
      className={`grid w-full grid-cols-[12px_1fr_auto] items-center gap-x-2.5 rounded-sm py-1.5 pr-1 text-left hover:bg-surface md:grid-cols-[88px_56px_12px_1fr_auto_auto] md:py-1 md:pl-2 ${isOpen ? 'bg-surface shadow-[inset_2px_0_0_var(--primary)]' : ''}`}
    >
      <time
        dateTime={new Date(event.at).toISOString()}
        className="col-start-2 font-mono text-xs text-muted md:col-start-auto"
      >
        {timeOfDay(event.at)}
      </time>
      <span
        className={`font-mono text-xs max-md:hidden ${sinceMs < 0 ? 'text-warn' : 'text-subtle'}`}
        title={sinceMs < 0 ? t('skew') : ''}
      >
        {sinceMs < 0 ? `−${duration(-sinceMs)}` : sinceMs === 0 ? '+0' : `+${duration(sinceMs)}`}
      </span>
      <span
        aria-hidden
        className={`col-start-1 row-start-1 size-2.5 md:col-start-auto md:row-start-auto ${isTrouble(event) ? 'rotate-45' : 'rounded-full'} ${dots[event.to ?? ''] ?? 'bg-edge'}`}
      />
      <span className="col-span-2 col-start-2 min-w-0 md:col-span-1 md:col-start-auto">
        <span className="flex flex-wrap items-baseline gap-x-2.5">
          <span className="font-medium">{kinds.has(key) ? kinds(key) : event.kind}</span>
          {changed ? (
            <span className="text-xs text-muted">
              {event.from ? `${name(event.from)} → ` : ''}
              <span className="text-fg">{name(event.to ?? '')}</span>
            </span>
          ) : null}
          {raw ? <span className="font-mono text-xs text-muted">{raw}</span> : null}
        </span>
        {text ? <span className="block">{text}</span> : null}
        <span className="block text-xs text-subtle [overflow-wrap:anywhere]">{where.join(' · ')}</span>
      </span>
      <span className="col-start-3 row-start-1 text-right font-mono text-xs text-muted md:col-start-auto md:row-start-auto">
        {isTrouble(event) ? (
          <TriangleAlert size={13} className="mr-1 inline text-warn" aria-label={t('filters.trouble')} />
        ) : null}
        {event.durationMs === null ? '' : duration(event.durationMs)}
      </span>
      <ChevronRight
        size={14}
        aria-hidden
        className={`text-subtle transition-transform max-md:hidden ${isOpen ? 'rotate-90' : ''}`}
      />
    </button>
  );
}
