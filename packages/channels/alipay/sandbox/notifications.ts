import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Callback, CallbackBytes } from '../../testing/simulator/callbacks.ts';
import type { SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import { signText } from './answers.ts';
import type { AlipayCredentials } from './credentials.ts';
import type { Order } from './orders.ts';
import type { Refund } from './refunds.ts';
import { chinaTime, toNoticeFields } from './wire.ts';

/** Waits between the attempts of one callback: 4m, 10m, 10m, 1h, 2h, 6h, 15h. https://opendocs.alipay.com/open/194/103296 */
export const retryDelaysSeconds = [240, 600, 600, 3600, 7200, 21_600, 54_000] as const;

type Fields = Readonly<Record<string, string>>;
type Notice = { id: string; url: string; signWith: Order['signWith']; fields: Fields };

/** Always the same id for the same event, so a restart doesn't make a second notification of it. */
const noticeId = (...parts: string[]): string =>
  createHash('sha256')
    .update(['alipay', ...parts].join('\n'))
    .digest('hex')
    .slice(0, 34);

const messageOf = (fields: Fields): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== '')
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
const write = (fields: Fields): CallbackBytes => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  body: new URLSearchParams(fields).toString(),
});

/** Tells merchants what happened. */
export type Notifications = {
  paid(order: Order): void;
  refunded(refund: Refund, order: Order): void;
  /** Only under a `forged` fault: strangers claim that an unpaid order is paid. */
  claimPaid(order: Order): void;
};

/** Creates the sender of callbacks of one app. */
export const createNotifications = (context: SimulatorContext, credentials: AlipayCredentials): Notifications => {
  let strangersKey: KeyObject | undefined;
  const stranger = () => {
    strangersKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    return strangersKey;
  };
  const sealed = async (fields: Fields, key: KeyObject): Promise<Fields> => ({
    ...fields,
    sign_type: 'RSA2',
    sign: await signText(key, messageOf(fields)),
  });
  const genuineKey = (notice: Notice) => credentials.signingKey(notice.signWith).privateKey;
  const fieldsOf = (notice: Notice, id = notice.id): Fields => ({
    notify_time: chinaTime(context.now()),
    notify_type: 'trade_status_sync',
    notify_id: id,
    charset: 'utf-8',
    version: '1.0',
    app_id: credentials.appId,
    auth_app_id: credentials.appId,
    seller_id: credentials.sellerId,
    ...notice.fields,
  });

  // Each wears a number of its own, so that none can hide behind a genuine one that came before.
  const forgeries: readonly ((notice: Notice, fields: Fields) => Promise<Fields>)[] = [
    (_notice, fields) => sealed(fields, stranger()),
    async (notice, fields) => ({
      ...(await sealed(fields, genuineKey(notice))),
      total_amount: '99999.98',
      trade_status: 'TRADE_SUCCESS',
    }),
    async (_notice, fields) => fields,
    async (_notice, fields) => ({ ...fields, sign_type: 'RSA2', sign: '' }),
    async (notice, fields) => ({ ...(await sealed(fields, genuineKey(notice))), sign_type: 'RSA' }),
    async (notice, fields) => ({ ...(await sealed(fields, genuineKey(notice))), gmt_close: fields.notify_time ?? '' }),
    // Truly signed, but about another app's order.
    (notice, fields) => sealed({ ...fields, app_id: '2021000000000000' }, genuineKey(notice)),
  ];

  const toCallback = (notice: Notice): Callback => ({
    id: notice.id,
    url: notice.url,
    retryDelaysSeconds,
    // Exactly this word, whatever the status says.
    isTaken: (status, body) => status === 200 && body.trim() === 'success',
    write: async () => write(await sealed(fieldsOf(notice), genuineKey(notice))),
    forge: async (variant) => {
      const forgery = forgeries[variant % forgeries.length];
      if (forgery === undefined) throw new Error('There is no forgery of that kind.');
      return write(await forgery(notice, fieldsOf(notice, noticeId(notice.id, String(variant)))));
    },
  });
  const paidNotice = (order: Order, url: string): Notice => ({
    id: noticeId(order.tradeNo, 'paid'),
    url,
    signWith: order.signWith,
    // As it was when the payment succeeded, whatever was refunded since.
    fields: toNoticeFields({ ...order, state: 'paid', refunded: 0 }, order.amount + context.faults.wrongAmountDelta()),
  });

  return {
    paid: (order) => {
      if (order.notifyUrl === undefined || context.callbacks.isFinished(noticeId(order.tradeNo, 'paid'))) return;
      context.callbacks.send(toCallback(paidNotice(order, order.notifyUrl)), context.faults.planCallback());
    },
    refunded: (refund, order) => {
      const id = noticeId(order.tradeNo, 'refunded', refund.outRequestNo);
      if (order.notifyUrl === undefined || context.callbacks.isFinished(id)) return;
      const notice: Notice = {
        id,
        url: order.notifyUrl,
        signWith: order.signWith,
        fields: toNoticeFields({ ...order }, order.amount, refund),
      };
      context.callbacks.send(toCallback(notice), context.faults.planCallback());
    },
    claimPaid: (order) => {
      if (order.notifyUrl === undefined) return;
      const plan = context.faults.planCallback();
      if (plan.mode !== 'forged') return;
      const claimed: Order = { ...order, state: 'paid', paidAt: new Date(context.now()).toISOString() };
      context.callbacks.sendForged(toCallback(paidNotice(claimed, order.notifyUrl)), plan.copies);
    },
  };
};
