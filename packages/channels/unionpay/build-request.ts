import type { Money } from '@tributary/contracts/money';
import {
  type ChannelCall,
  type Handover,
  type PlaceCall,
  UnsupportedCallError,
  type WireRequest,
} from '../channel-adapter.ts';
import { beijingCompact } from '../wire/beijing-time.ts';
import { writeForm } from '../wire/form.ts';
import type { OpenAccount } from './account.ts';
import { signMessage } from './sign.ts';

const paths = {
  front: '/gateway/api/frontTransReq.do',
  back: '/gateway/api/backTransReq.do',
  query: '/gateway/api/queryTrans.do',
} as const;

/**
 * How UnionPay names what we do: kind and sub-kind of transaction, business and device.
 * https://open.unionpay.com/tjweb/api/dictionary?apiSvcId=448 (网关), 468 (二维码)
 */
type Kind = { txnType: string; txnSubType: string; bizType: string; channelType: string };
const online = { bizType: '000201', channelType: '07' };
const mobileWeb = { bizType: '000201', channelType: '08' };
const qr = { bizType: '000000', channelType: '08' };

const placeKinds: Readonly<Record<string, Kind>> = {
  page: { txnType: '01', txnSubType: '01', ...online },
  h5: { txnType: '01', txnSubType: '01', ...mobileWeb },
  native: { txnType: '01', txnSubType: '07', ...qr },
  codepay: { txnType: '01', txnSubType: '06', ...qr },
};

/**
 * Turns a call into a signed form, to be sent by us or, for products in the browser, by the payer.
 * @throws UnsupportedCallError when the call lacks what the product needs; nothing may be sent then
 */
export function buildRequest(
  account: OpenAccount,
  baseUrl: string,
  call: ChannelCall,
  at: Date,
): WireRequest | Handover {
  switch (call.op) {
    case 'place': {
      const fields = sign(account, orderOf(account, call));
      if (call.product === 'page' || call.product === 'h5') {
        return { credential: { type: 'form', url: `${baseUrl}${paths.front}`, fields: Object.fromEntries(fields) } };
      }
      return post(paths.back, fields);
    }
    case 'query':
      return post(
        paths.query,
        sign(account, { ...lookUp, bizType: kindOf(call.product).bizType, ...named(call.requestNo, call.orderedAt) }),
      );
    case 'queryRefund':
      return post(
        paths.query,
        sign(account, { ...lookUp, bizType: '000000', ...named(call.refundNo, call.refundOrderedAt) }),
      );
    case 'reverse':
      return post(
        paths.back,
        sign(account, { txnType: '99', txnSubType: '01', ...qr, ...named(call.requestNo, call.orderedAt) }),
      );
    case 'refund':
      return post(
        paths.back,
        sign(account, {
          txnType: isVoid(call, at) ? '31' : '04',
          txnSubType: '00',
          bizType: '000000',
          channelType: '08',
          ...named(call.refundNo, call.refundOrderedAt),
          origQryId: needed(call.channelTxn, "the payment's number at UnionPay"),
          txnAmt: minorUnits(call.amount),
          currencyCode: '156',
          backUrl: url(call.notifyUrl),
          reqReserved: call.requestNo,
        }),
      );
    case 'close':
    case 'fetchTrust':
      return unsupported(`UnionPay has no ${call.op}`);
  }
}

/**
 * Whether a refund is a void (消费撤销): the whole amount, on the day of the payment, well before UnionPay closes its day. By the
 * moment of sending: one that is sent again the next day, because UnionPay never knew it, is a refund.
 */
function isVoid(call: Extract<ChannelCall, { op: 'refund' }>, at: Date): boolean {
  const now = beijingCompact(at);
  return (
    call.amount.amountMinor === call.total.amountMinor &&
    beijingCompact(call.orderedAt).slice(0, 8) === now.slice(0, 8) &&
    now.slice(8) < '220000'
  );
}

const lookUp = { txnType: '00', txnSubType: '00', channelType: '07' } as const;

function orderOf({ config }: OpenAccount, call: PlaceCall): Record<string, string> {
  const order = {
    ...kindOf(call.product),
    ...named(call.requestNo, call.orderedAt),
    txnAmt: minorUnits(call.amount),
    currencyCode: '156',
    orderDesc: plain(call.subject, 32),
    backUrl: url(call.notifyUrl),
  };
  switch (call.product) {
    case 'codepay':
      return { ...order, qrNo: needed(call.payer.authCode, 'payer.authCode'), termId: terminal(call.payer.deviceId) };
    case 'native':
      return { ...order, payTimeout: beijingCompact(call.expiresAt) };
    default:
      return {
        ...order,
        payTimeout: beijingCompact(call.expiresAt),
        frontUrl: url(needed(call.returnUrl ?? config.frontUrl, 'returnUrl (or frontUrl of the account)')),
      };
  }
}

function sign(account: OpenAccount, fields: Record<string, string>): [string, string][] {
  const message: [string, string][] = Object.entries({
    version: '5.1.0',
    encoding: 'UTF-8',
    signMethod: '01',
    certId: account.certId,
    accessType: '0',
    merId: account.config.merId,
    ...fields,
  });
  return [...message, ['signature', signMessage(account, message)]];
}

const post = (path: string, fields: [string, string][]): WireRequest => ({
  method: 'POST',
  path,
  headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' },
  body: writeForm(fields),
});

/** UnionPay knows an order by its number and its time together. */
function named(orderId: string, at: Date): { orderId: string; txnTime: string } {
  if (!/^[0-9A-Za-z]{8,40}$/.test(orderId)) unsupported('orderId takes 8 to 40 letters and digits');
  return { orderId, txnTime: beijingCompact(at) };
}

function kindOf(product: string): Kind {
  return placeKinds[product] ?? unsupported(`UnionPay has no product ${product}`);
}

function minorUnits({ amountMinor, currency }: Money): string {
  if (currency !== 'CNY') unsupported(`UnionPay takes CNY only here, not ${currency}`);
  if (amountMinor < 1n || amountMinor > 999_999_999_999n) unsupported('amount out of range');
  return amountMinor.toString();
}

const terminal = (deviceId: string | undefined): string =>
  (deviceId ?? '')
    .replaceAll(/[^0-9A-Za-z]/g, '')
    .slice(-8)
    .padStart(8, '0');

// Braces, `&` and `=` have a meaning in UnionPay's messages.
const plain = (text: string, max: number): string =>
  [...text.replaceAll(/[&={}]/g, ' ')].slice(0, max).join('').trim() || '-';

const url = (text: string): string =>
  text.length <= 256 && /^https?:\/\/\S+$/.test(text) ? text : unsupported('URLs take at most 256 characters');

const needed = (value: string | undefined, name: string): string =>
  value === undefined || value === '' ? unsupported(`${name} is needed`) : value;

function unsupported(message: string): never {
  throw new UnsupportedCallError(message);
}
