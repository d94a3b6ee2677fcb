import type { Currency } from '@tributary/contracts/money';
import type { OpenRefund, RecordRefundResult } from '../payments/operations.ts';
import type { CallChannel, Route } from '../payments/ports.ts';
import { orderedAt } from '../platform/ids.ts';
import type { SyncStore } from './sync.store.ts';

export type SyncRefundDeps = {
  store: Pick<SyncStore, 'claimRefund'>;
  callChannel: CallChannel;
  recordRefundResult: RecordRefundResult;
  callbackUrl: (route: Route) => string;
  log: { error(fields: object, message: string): void };
};

export type SyncRefund = ReturnType<typeof createSyncRefund>;

/**
 * Brings one open refund on: asks the channel, and when the channel does not know it (the request was lost, or was never
 * sent because we died), sends the same refund under the same number again, which pays it out at most once.
 */
export function createSyncRefund({ store, callChannel, recordRefundResult, callbackUrl, log }: SyncRefundDeps) {
  async function syncRefund({ refundId }: { refundId: string }): Promise<void> {
    const refund = await store.claimRefund(refundId);
    if (refund) await bringOn(refund);
  }

  async function bringOn(refund: OpenRefund): Promise<void> {
    const route: Route = { channelId: refund.channelId, accountId: refund.accountId };
    const order = { requestNo: refund.requestNo, orderedAt: orderedAt(refund.paymentId) };
    const named = { ...order, refundNo: refund.refundNo, refundOrderedAt: orderedAt(refund.refundId) };
    // A refused compensation is asked again: what we owe the payer is owed until it is paid.
    let send = refund.channelState === 'sending' || refund.channelState === 'declined';
    if (!send) {
      const asked = await callChannel(route, { op: 'queryRefund', ...named });
      await recordRefundResult(refund, asked.result, {
        actor: 'sync',
        exchange: asked.exchange,
        note: 'refund.looked_up',
      });
      send = asked.result.kind === 'not_found';
    }
    if (!send) return;
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
    if (sent.result.kind === 'declined')
      log.error({ ...route, refundId: refund.refundId, raw: sent.result.raw }, 'the channel refuses a refund');
    await recordRefundResult(refund, sent.result, { actor: 'sync', exchange: sent.exchange, note: 'refund.asked' });
  }

  return { syncRefund, bringOn };
}
