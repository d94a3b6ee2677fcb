import type { Notification, NotifyResult } from '../channel-adapter.ts';
import { openAes256Gcm } from '../wire/aes-256-gcm.ts';
import { parseJsonBytes } from '../wire/json.ts';
import type { OpenAccount } from './account.ts';
import { readRefund, readTransaction } from './read-state.ts';
import { verifyReceived } from './sign.ts';
import { notificationSchema, refundNotificationSchema, transactionSchema } from './wire.ts';

type RefusedReason = Extract<NotifyResult, { kind: 'refused' }>['reason'];

const paymentEvents = new Set(['TRANSACTION.SUCCESS']);
const refundEvents = new Set(['REFUND.SUCCESS', 'REFUND.ABNORMAL', 'REFUND.CLOSED']);

const refused = (reason: RefusedReason): NotifyResult => ({ kind: 'refused', reason });

/**
 * Reads a callback: signature over the raw bytes first, then the sealed resource, then whose it is. Total.
 * The same callback may come twice, a second apart; `notifyId` tells.
 */
export function parseNotify(account: OpenAccount, notification: Notification, at: Date): NotifyResult {
  const verdict = verifyReceived(notification, account.platformKeys, at);
  if (verdict !== 'verified') return refused(verdict);
  const envelope = notificationSchema.safeParse(parseJsonBytes(notification.body));
  if (!envelope.success) return refused('unreadable');
  const { id, event_type: eventType, resource } = envelope.data;
  if (!paymentEvents.has(eventType) && !refundEvents.has(eventType)) return refused('unsupported');
  const plain = openAes256Gcm({ ...resource, associatedData: resource.associated_data }, account.apiV3Key);
  if (plain === undefined) return refused('unreadable');
  const content = parseJsonBytes(plain);
  return paymentEvents.has(eventType) ? readPaymentEvent(account, id, content) : readRefundEvent(account, id, content);
}

function readPaymentEvent(account: OpenAccount, notifyId: string, content: unknown): NotifyResult {
  const { data: order } = transactionSchema.safeParse(content);
  if (order?.out_trade_no === undefined || order.mchid === undefined) return refused('unreadable');
  const ours = order.mchid === account.config.mchId && order.appid !== undefined && account.appIds.has(order.appid);
  if (!ours) return refused('wrong_account');
  const requestNo = order.out_trade_no;
  const result = readTransaction(order, { mchId: account.config.mchId, requestNo });
  return { kind: 'payment', notifyId, requestNo, result };
}

function readRefundEvent(account: OpenAccount, notifyId: string, content: unknown): NotifyResult {
  const { data: refund } = refundNotificationSchema.safeParse(content);
  if (refund === undefined) return refused('unreadable');
  if (refund.mchid !== account.config.mchId) return refused('wrong_account');
  const { out_trade_no: requestNo, out_refund_no: refundNo } = refund;
  const result = readRefund({ ...refund, status: refund.refund_status }, { requestNo, refundNo });
  return { kind: 'refund', notifyId, requestNo, refundNo, result };
}
