import { createCipheriv, createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { Callback, CallbackBytes } from '../../testing/simulator/callbacks.ts';
import type { SimulatorContext } from '../../testing/simulator/channel-simulator.ts';
import { createNonce, signatureHeaders } from './answers.ts';
import type { WechatPayCredentials } from './credentials.ts';
import type { Order } from './orders.ts';
import type { Refund } from './refunds.ts';
import { chinaTime, toRefundNotice, toTransaction } from './wire.ts';

/** Waits between the attempts of one callback, as documented: 15 repetitions over 24 hours. */
export const retryDelaysSeconds = [
  15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600,
] as const;

/** Something sealed with the APIv3 key: AES-256-GCM, the tag at the end of the ciphertext. */
export const sealResource = (apiV3Key: string, plaintext: string, associatedData: string) => {
  const nonce = createNonce(12);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiV3Key, 'utf8'), Buffer.from(nonce, 'utf8'));
  cipher.setAAD(Buffer.from(associatedData, 'utf8'));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return {
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: ciphertext.toString('base64'),
    associated_data: associatedData,
    nonce,
  };
};

type Notice = {
  id: string;
  url: string;
  signWith: Order['signWith'];
  eventType: string;
  summary: string;
  originalType: 'transaction' | 'refund';
  content: Record<string, unknown>;
};

/** Always the same id for the same event, so a restart doesn't make a second notification of it. */
const noticeId = (...parts: string[]): string => {
  const hex = createHash('sha256').update(parts.join('\n')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
};

const withWrongAmount = (content: Record<string, unknown>, delta: number): Record<string, unknown> => {
  const { amount } = content;
  if (delta === 0 || typeof amount !== 'object' || amount === null) return content;
  const total = Number(Reflect.get(amount, 'total'));
  return { ...content, amount: { ...amount, total: total + delta, payer_total: total + delta } };
};

/** Tells merchants what happened. */
export type Notifications = {
  paid(order: Order): void;
  refunded(refund: Refund, order: Order): void;
  /** Only under a `forged` fault: strangers claim that an unpaid order is paid. */
  claimPaid(order: Order): void;
};

/** Creates the sender of callbacks of one merchant. */
export const createNotifications = (context: SimulatorContext, credentials: WechatPayCredentials): Notifications => {
  let strangersKey: KeyObject | undefined;
  const stranger = () => {
    strangersKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    return strangersKey;
  };

  const envelope = (notice: Notice, id: string): string =>
    JSON.stringify({
      id,
      create_time: chinaTime(context.now()),
      resource_type: 'encrypt-resource',
      event_type: notice.eventType,
      summary: notice.summary,
      resource: {
        original_type: notice.originalType,
        ...sealResource(credentials.apiV3Key, JSON.stringify(notice.content), notice.originalType),
      },
    });

  const forgeries: readonly ((notice: Notice) => Promise<CallbackBytes>)[] = [
    async (notice) => {
      const body = envelope(notice, randomUUID());
      const { serial } = credentials.signingKey(notice.signWith);
      return { body, headers: await signatureHeaders({ serial, privateKey: stranger() }, body, context.now()) };
    },
    async (notice) => {
      const body = envelope(notice, randomUUID());
      const headers = await signatureHeaders(credentials.signingKey(notice.signWith), body, context.now());
      return {
        body,
        headers: { ...headers, 'Wechatpay-Signature': `WECHATPAY/SIGNTEST/${headers['Wechatpay-Signature']}` },
      };
    },
    async (notice) => {
      const body = envelope(notice, randomUUID());
      const key = { serial: createHash('sha1').update(body).digest('hex').toUpperCase(), privateKey: stranger() };
      return { body, headers: await signatureHeaders(key, body, context.now()) };
    },
    async (notice) => {
      const body = envelope(notice, randomUUID());
      const staleMs = context.now() - 6 * 60_000;
      return { body, headers: await signatureHeaders(credentials.signingKey(notice.signWith), body, staleMs) };
    },
    async (notice) => {
      const body = envelope(notice, randomUUID());
      const headers = await signatureHeaders(credentials.signingKey(notice.signWith), body, context.now());
      return { body: envelope(notice, randomUUID()), headers };
    },
    async (notice) => ({ body: envelope(notice, randomUUID()), headers: {} }),
    async (notice) => {
      const body = envelope(notice, randomUUID());
      const headers = await signatureHeaders(credentials.signingKey(notice.signWith), body, context.now());
      return { body, headers: { ...headers, 'Wechatpay-Signature': '' } };
    },
    async (notice) => {
      const body = envelope(notice, randomUUID());
      const headers = await signatureHeaders(credentials.signingKey(notice.signWith), body, context.now());
      return { body, headers: { ...headers, 'Wechatpay-Nonce': createNonce() } };
    },
  ];

  const toCallback = (notice: Notice): Callback => ({
    id: notice.id,
    url: notice.url,
    retryDelaysSeconds,
    write: async () => {
      const body = envelope(notice, notice.id);
      return { body, headers: await signatureHeaders(credentials.signingKey(notice.signWith), body, context.now()) };
    },
    forge: (variant) => {
      const forgery = forgeries[variant % forgeries.length];
      if (forgery === undefined) throw new Error('There is no forgery of that kind.');
      return forgery(notice);
    },
  });

  const paidNotice = (order: Order, url: string): Notice => ({
    id: noticeId(order.transactionId, 'paid'),
    url,
    signWith: order.signWith,
    eventType: 'TRANSACTION.SUCCESS',
    summary: '支付成功',
    originalType: 'transaction',
    // As it was when the payment succeeded, whatever was refunded since.
    content: withWrongAmount(
      toTransaction({ ...order, state: 'paid', refunding: 0 }, credentials.mchid),
      context.faults.wrongAmountDelta(),
    ),
  });

  return {
    paid: (order) => {
      if (order.notifyUrl === undefined || context.callbacks.isFinished(noticeId(order.transactionId, 'paid'))) return;
      context.callbacks.send(toCallback(paidNotice(order, order.notifyUrl)), context.faults.planCallback());
    },
    refunded: (refund, order) => {
      const id = noticeId(refund.refundId, refund.state);
      if (refund.notifyUrl === undefined || context.callbacks.isFinished(id)) return;
      const succeeded = refund.state === 'succeeded';
      const notice: Notice = {
        id,
        url: refund.notifyUrl,
        signWith: refund.signWith,
        eventType: succeeded ? 'REFUND.SUCCESS' : 'REFUND.ABNORMAL',
        summary: succeeded ? '退款成功' : '退款异常',
        originalType: 'refund',
        content: toRefundNotice(refund, order, credentials.mchid),
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
