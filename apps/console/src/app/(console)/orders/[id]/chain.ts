/** The stations of a payment's way, in order. */
export const stations = [
  'access',
  'risk',
  'routing',
  'sent',
  'answered',
  'synced',
  'final',
  'notified',
  'refunded',
] as const;
export type Station = (typeof stations)[number];
export type Mark = 'done' | 'trouble' | 'waiting' | 'none';

/** The facts that light the chain. Times in ms. */
export type ChainFacts = {
  payment: { status: string; hold: string | null; failureCode: string | null };
  attempts: { status: string }[];
  events: { kind: string; actor: string; at: number }[];
  deliveries: { status: string; deliveredAt: number | null }[];
  refunds: { status: string }[];
};

/** Which stations were reached, how they went, and how long after the start the first news of each came. */
export function chainOf(facts: ChainFacts): Record<Station, { mark: Mark; afterMs: number | undefined }> {
  const { payment, events, deliveries, attempts, refunds } = facts;
  const start = events[0]?.at ?? 0;
  type Event = ChainFacts['events'][number];
  const first = (test: (event: Event) => boolean) => events.find(test);
  const open = payment.status === 'created' || payment.status === 'processing';
  const station = (news: Event | undefined, own: { trouble?: boolean; waiting?: boolean } = {}) => ({
    mark: (own.trouble ? 'trouble' : news ? 'done' : own.waiting ? 'waiting' : 'none') as Mark,
    afterMs: news ? news.at - start : undefined,
  });
  const isReply = ({ kind, actor }: Event) => kind.startsWith('attempt.') && actor === 'reply';
  const reply = first(isReply);
  // An answer that was lost may have come when it was asked for once more.
  const lastReply = events.findLast(isReply);
  const moveOfReply = lastReply?.kind === 'attempt.answered' ? reply?.kind : lastReply?.kind;
  const delivered = deliveries.find(({ deliveredAt }) => deliveredAt !== null);
  return {
    access: station(events[0]),
    risk: station(
      first(({ kind }) => kind === 'risk.decided'),
      { trouble: payment.status === 'rejected' },
    ),
    routing: station(
      first(({ kind }) => kind === 'routing.planned'),
      { trouble: payment.failureCode === 'no_route' },
    ),
    sent: station(first(({ kind }) => kind === 'attempt.sending')),
    answered: station(reply, {
      trouble: moveOfReply === 'attempt.unknown' || moveOfReply === 'attempt.failed',
      waiting: attempts.some(({ status }) => status === 'sending'),
    }),
    synced: station(
      first(
        ({ kind, actor }) =>
          kind.startsWith('attempt.') && ['sync', 'callback', 'close', 'manual', 'reconciliation'].includes(actor),
      ),
      { waiting: open && attempts.length > 0 },
    ),
    final: station(
      first(({ kind }) => ['succeeded', 'failed', 'closed', 'rejected'].some((end) => kind === `payment.${end}`)),
      { trouble: payment.hold !== null, waiting: open },
    ),
    notified: {
      ...station(undefined, {
        trouble: deliveries.some(({ status }) => status === 'dead'),
        waiting: deliveries.some(({ status }) => status === 'pending'),
      }),
      ...(delivered ? { mark: 'done' as const, afterMs: (delivered.deliveredAt ?? start) - start } : {}),
    },
    refunded: station(
      first(({ kind }) => kind === 'refund.succeeded'),
      {
        trouble: refunds.some(({ status }) => status === 'failed'),
        waiting: refunds.some(({ status }) => status === 'processing'),
      },
    ),
  };
}
