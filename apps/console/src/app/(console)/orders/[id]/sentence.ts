/** The facts that the one sentence is made of. Times in ms. */
export type SentenceFacts = {
  payment: {
    status: string;
    hold: string | null;
    closeReason: string | null;
    failureCode: string | null;
    amount: number;
    refundedAmount: number;
    expiresAt: number;
  };
  attempts: { no: number; status: string; channelId: string; nextSyncAt: number | null; syncStep: number }[];
  refunds: { status: string; kind: string; channelState: string }[];
  now: number;
};

/** Which sentence fits: where the money is, what happens next, what to tell the customer. */
export type Sentence = { key: string; values: { channel: string; lookUps: number; nextAt: number; failure: string } };

/** Deterministic: the same facts give the same sentence. `hold` and compensations come first, for they need people. */
export function sentenceOf({ payment, attempts, refunds, now }: SentenceFacts): Sentence {
  const last = attempts.at(-1);
  const open = attempts.filter(({ nextSyncAt }) => nextSyncAt !== null);
  const nextAt = Math.min(...open.map(({ nextSyncAt }) => nextSyncAt ?? Number.POSITIVE_INFINITY));
  const values = {
    channel: last?.channelId ?? '',
    lookUps: attempts.reduce((sum, { syncStep }) => sum + syncStep, 0),
    nextAt: Number.isFinite(nextAt) ? nextAt : now,
    failure: payment.failureCode ?? '',
  };
  const owed = refunds.filter(({ kind, status }) => kind === 'compensation' && status !== 'succeeded');
  if (payment.hold) return { key: 'hold', values };
  if (owed.length > 0)
    return {
      key: owed.some(({ channelState }) => channelState === 'declined') ? 'compensationStuck' : 'compensating',
      values,
    };
  if (refunds.some(({ kind, status }) => kind === 'compensation' && status === 'succeeded'))
    return { key: 'compensated', values };
  switch (payment.status) {
    case 'succeeded': {
      if (refunds.some(({ status }) => status === 'processing')) return { key: 'refunding', values };
      if (payment.refundedAmount === 0) return { key: 'succeeded', values };
      return { key: payment.refundedAmount === payment.amount ? 'refunded' : 'partlyRefunded', values };
    }
    case 'rejected':
      return { key: 'rejected', values };
    case 'failed':
      return { key: attempts.length === 0 ? 'noRoute' : 'failed', values };
    case 'closed':
      return { key: payment.failureCode === 'closed_by_merchant' ? 'closedByMerchant' : 'expired', values };
    default:
      if (payment.closeReason) return { key: 'closing', values };
      if (now > payment.expiresAt) return { key: 'ending', values };
      return { key: last?.status === 'pending' ? 'waiting' : 'unknown', values };
  }
}
