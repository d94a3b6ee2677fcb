import type { Money } from '@tributary/contracts/money';
import { type ChannelCall, type PlaceCall, UnsupportedCallError, type WireRequest } from '../channel-adapter.ts';
import type { OpenAccount } from './account.ts';
import { signedText, signText } from './sign.ts';

/** Our word for a product, and Riverbank's. */
const products: Readonly<Record<string, 'qr' | 'web' | 'barcode'>> = { native: 'qr', h5: 'web', codepay: 'barcode' };

/**
 * Turns a call into signed bytes.
 * @throws UnsupportedCallError when the call lacks what the product needs; nothing may be sent then
 */
export function buildRequest(account: OpenAccount, call: ChannelCall, at: Date, nonce: string): WireRequest {
  const { method, path, payload } = describe(call);
  const body = payload === undefined ? '' : JSON.stringify(payload);
  const timestamp = Math.floor(at.getTime() / 1000).toString();
  const key = account.keys.get(account.keyId);
  if (key === undefined) throw new Error('unreachable: an account holds its own key');
  const signature = signText(key, signedText({ kind: 'request', about: `${method} ${path}`, timestamp, nonce, body }));
  return {
    method,
    path,
    headers: {
      Accept: 'application/json',
      ...(method === 'POST' ? { 'Content-Type': 'application/json' } : {}),
      'Riverbank-Merchant': account.merchantNo,
      'Riverbank-Key': account.keyId,
      'Riverbank-Timestamp': timestamp,
      'Riverbank-Nonce': nonce,
      'Riverbank-Signature': signature,
    },
    body,
  };
}

function describe(call: ChannelCall): { method: 'GET' | 'POST'; path: string; payload?: object } {
  switch (call.op) {
    case 'place':
      return { method: 'POST', path: '/riverbank/v1/orders', payload: orderOf(call) };
    case 'query':
      return { method: 'GET', path: orderPath(call.requestNo) };
    case 'close':
    case 'reverse':
      return { method: 'POST', path: `${orderPath(call.requestNo)}/${call.op}`, payload: {} };
    case 'refund': {
      const { refundNo, requestNo: orderNo, reason, notifyUrl } = call;
      const payload = { refundNo, orderNo, amount: minorUnits(call.amount), ...(reason ? { reason } : {}), notifyUrl };
      return { method: 'POST', path: '/riverbank/v1/refunds', payload };
    }
    case 'queryRefund':
      return { method: 'GET', path: `/riverbank/v1/refunds/${encodeURIComponent(call.refundNo)}` };
    case 'fetchTrust':
      throw new UnsupportedCallError('Riverbank signs with the account’s own key');
  }
}

const orderPath = (orderNo: string): string => `/riverbank/v1/orders/${encodeURIComponent(orderNo)}`;

function orderOf(call: PlaceCall): object {
  const product = Object.hasOwn(products, call.product) ? products[call.product] : undefined;
  if (product === undefined) throw new UnsupportedCallError(`Riverbank has no ${call.product}`);
  const { authCode } = call.payer;
  if (product === 'barcode' && !authCode) throw new UnsupportedCallError('payer.authCode is needed');
  return {
    orderNo: call.requestNo,
    product,
    amount: minorUnits(call.amount),
    currency: 'CNY',
    subject: call.subject,
    expiresAt: call.expiresAt.toISOString(),
    notifyUrl: call.notifyUrl,
    ...(call.returnUrl === undefined ? {} : { returnUrl: call.returnUrl }),
    ...(product === 'barcode' ? { payCode: authCode } : {}),
  };
}

function minorUnits({ amountMinor, currency }: Money): number {
  if (currency !== 'CNY') throw new UnsupportedCallError(`Riverbank takes CNY only, not ${currency}`);
  if (amountMinor < 1n || amountMinor > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new UnsupportedCallError('amount out of range');
  }
  return Number(amountMinor);
}
