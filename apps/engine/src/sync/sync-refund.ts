import type { Currency } from '@tributary/contracts/money';
import type { RecordRefundResult } from '../payments/operations.ts';
import type { CallChannel, Route } from '../payments/ports.ts';
import { orderedAt } from '../platform/ids.ts';
import type { SyncTier } from './queue/sync-item.ts';
import type { ClaimedRefund, SyncStore } from './sync.store.ts';
import type { LookUpOutcome } from './sync-attempt.ts';

export type SyncRefundDeps = {
  store: Pick<SyncStore, 'renew'>;
  callChannel: CallChannel;
  recordRefundResult: RecordRefundResult;
  callbackUrl: (route: Route) => string;
  log: { error(fields: object, message: string): void };
};

/**
 * Brings one claimed refund on: asks the channel, and when the channel does not know it (the request was lost, or was never
 * sent because we died), sends the same refund under the same number again, which pays it out at most once.
 */
export function createSyncRefund({ store, callChannel, recordRefundResult, callbackUrl, log }: SyncRefundDeps) {
  return async function bringOn(refund: ClaimedRefund, tier: SyncTier): Promise<LookUpOutcome> {
    const route: Route = { channelId: refund.channelId, accountId: refund.accountId };
    const order = { requestNo: refund.requestNo, orderedAt: orderedAt(refund.paymentId) };
    const named = { ...order, refundNo: refund.refundNo, refundOrderedAt: orderedAt(refund.refundId) };
    const { claim } = refund;
    // A refused compensation is asked again: what we owe the payer is owed until it is paid.
    if (refund.channelState !== 'sending' && refund.channelState !== 'declined') {
      const asked = await callChannel(route, { op: 'queryRefund', ...named });
      if (asked.result.kind === 'not_sent') return 'not_sent';
      const recorded = await recordRefundResult(refund, asked.result, {
        actor: 'sync',
        exchange: asked.exchange,
        claim,
        tier,
        note: 'refund.looked_up',
      });
      if (recorded === 'refused') return 'refused';
      if (asked.result.kind !== 'not_found') return 'asked';
      if (!(await store.renew(refund.paymentId, claim))) return 'refused';
    }
    const currency = refund.currency as Currency;
    const sent = await callChannel(route, {
      op: 'refund',
      ...named,
      ...(refund.channelTxn ? { channelTxn: refund.channelTxn } : {}),
      amount: { amountMinor: refund.amount, currency },
      total: { amountMinor: refund.total, currency },
      ...(refund.reason ? { reason: refund.reason } : {}),
      notifyUrl: callbackUrl(route),
    });
    if (sent.result.kind === 'not_sent') return 'not_sent';
    if (sent.result.kind === 'declined')
      log.error({ ...route, refundId: refund.refundId, raw: sent.result.raw }, 'the channel refuses a refund');
    const recorded = await recordRefundResult(refund, sent.result, {
      actor: 'sync',
      exchange: sent.exchange,
      claim,
      tier,
      note: 'refund.asked',
    });
    return recorded === 'refused' ? 'refused' : 'asked';
  };
}
