import type { Notification, NotifyResult } from '../channel-adapter.ts';
import { hidesField, parseForm } from '../wire/form.ts';
import type { OpenAccount } from './account.ts';
import { readTrade } from './read-trade.ts';
import { verifyNotify } from './sign.ts';
import { notifySchema } from './wire.ts';

type RefusedReason = Extract<NotifyResult, { kind: 'refused' }>['reason'];
const refused = (reason: RefusedReason): NotifyResult => ({ kind: 'refused', reason });

const signedNames = new Set([...Object.keys(notifySchema.shape), 'notify_type', 'notify_time', 'charset']);

/**
 * Reads a callback: signature over the decoded bytes first, then whose it is, then what it says. Total. A refund is told
 * by the payment's callback with a running sum of all refunds, so refunds are settled by asking, never by this.
 */
export function parseNotify(account: OpenAccount, notification: Notification): NotifyResult {
  const fields = parseForm(notification.body);
  if (fields === undefined) return refused('unreadable');
  const verdict = verifyNotify(account, fields);
  if (verdict !== 'verified') return refused(verdict);
  const texts = textsOf(fields);
  if (hidesField(Object.values(texts), signedNames)) return refused('unreadable');
  const parsed = notifySchema.safeParse(texts);
  if (!parsed.success) return refused('unreadable');
  const { notify_id: notifyId, app_id: appId, seller_id: sellerId, out_trade_no: requestNo, ...trade } = parsed.data;
  const { config } = account;
  const ours = appId === config.appId && (config.sellerId === undefined || sellerId === config.sellerId);
  if (!ours) return refused('wrong_account');
  return { kind: 'payment', notifyId, requestNo, result: readTrade(trade) };
}

/** The fields as texts, in the character set that the callback names. */
function textsOf(fields: ReadonlyMap<string, Buffer>): Record<string, string> {
  const charset = fields.get('charset')?.toString('latin1').toLowerCase() ?? 'utf-8';
  const decoder = new TextDecoder(['gbk', 'gb2312', 'gb18030'].includes(charset) ? charset : 'utf-8');
  return Object.fromEntries([...fields].map(([name, value]) => [name, decoder.decode(value)]));
}
