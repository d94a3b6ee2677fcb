import { useTranslations } from 'next-intl';
import type { Order } from './order-detail';

const stages = ['access', 'risk', 'routing', 'sent', 'answered', 'synced', 'notified', 'final', 'refunded'] as const;

type Mark = 'done' | 'trouble' | 'none';

/** The chain in nine nodes, lit by what really happened. */
export function ChainStrip({ order }: { order: Order }) {
  const t = useTranslations('order.chain');
  const marks = marksOf(order);
  const looks: Record<Mark, string> = {
    done: 'border-success bg-success',
    trouble: 'border-warn bg-warn',
    none: 'border-hairline bg-bg',
  };
  return (
    <ol className="mt-4 grid grid-cols-3 gap-y-2 sm:grid-cols-9">
      {stages.map((stage) => (
        <li key={stage} className="flex min-w-0 flex-col items-start gap-1 text-xs">
          <span aria-hidden className="flex w-full items-center">
            <span className={`size-2.5 shrink-0 rounded-full border-2 ${looks[marks[stage]]}`} />
            <span className="h-px flex-1 bg-hairline" />
          </span>
          <span className={marks[stage] === 'none' ? 'text-subtle' : ''}>{t(stage)}</span>
          <span className="sr-only">{t(`mark.${marks[stage]}`)}</span>
        </li>
      ))}
    </ol>
  );
}

function marksOf({ payment, events, deliveries, attempts }: Order): Record<(typeof stages)[number], Mark> {
  const has = (test: (kind: string) => boolean) => events.some(({ kind }) => test(kind));
  const mark = (yes: boolean, trouble = false): Mark => (trouble ? 'trouble' : yes ? 'done' : 'none');
  const sent = attempts.length > 0;
  const answered = events.some(({ kind, actor }) => kind.startsWith('attempt.') && actor === 'reply');
  const lost = events.some(({ kind, actor }) => kind === 'attempt.unknown' && actor === 'reply');
  return {
    access: 'done',
    risk: mark(
      has((kind) => kind === 'risk.decided'),
      payment.status === 'rejected',
    ),
    routing: mark(
      has((kind) => kind === 'routing.planned'),
      payment.failureCode === 'no_route',
    ),
    sent: mark(sent),
    answered: mark(answered, lost),
    synced: mark(
      events.some(
        ({ actor, kind }) =>
          kind.startsWith('attempt.') && (actor === 'sync' || actor === 'callback' || actor === 'close'),
      ),
    ),
    notified: mark(
      deliveries.some(({ status }) => status === 'delivered'),
      deliveries.some(({ status }) => status === 'dead'),
    ),
    final: mark(!['created', 'processing'].includes(payment.status), payment.hold !== null),
    refunded: mark(
      has((kind) => kind === 'refund.succeeded'),
      has((kind) => kind === 'refund.failed'),
    ),
  };
}
