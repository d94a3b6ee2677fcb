import type { Notification, NotifyResult } from '../channel-adapter.ts';
import { parseJsonBytes } from '../wire/json.ts';
import type { OpenAccount } from './account.ts';
import { readOrder, readRefund } from './read-state.ts';
import { verifyReceived } from './sign.ts';
import { callbackSchema } from './wire.ts';

type RefusedReason = Extract<NotifyResult, { kind: 'refused' }>['reason'];
const refused = (reason: RefusedReason): NotifyResult => ({ kind: 'refused', reason });

/** Reads a callback: the signature over the raw bytes first, then whose it is, then what it says. Total. */
export function parseNotify(account: OpenAccount, notification: Notification, at: Date): NotifyResult {
  const verdict = verifyReceived(account, 'callback', '', notification, at);
  if (verdict !== 'verified') return refused(verdict);
  const { data: told } = callbackSchema.safeParse(parseJsonBytes(notification.body));
  if (told === undefined) return refused('unreadable');
  const about = told.type === 'order' ? told.order : told.refund;
  if (about.merchantNo !== account.merchantNo) return refused('wrong_account');
  const named = { notifyId: told.id, requestNo: about.orderNo };
  return told.type === 'order'
    ? { kind: 'payment', ...named, result: readOrder(told.order) }
    : { kind: 'refund', ...named, refundNo: told.refund.refundNo, result: readRefund(told.refund) };
}
