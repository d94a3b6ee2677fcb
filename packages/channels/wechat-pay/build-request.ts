import type { Money } from '@tributary/contracts/money';
import {
  type ChannelCall,
  type PlaceCall,
  type RefundCall,
  UnsupportedCallError,
  type WireRequest,
} from '../channel-adapter.ts';
import { appIdFor, type OpenAccount, type WechatPayConfig } from './account.ts';
import { authorize } from './sign.ts';

// Limits: https://pay.weixin.qq.com/doc/v3/merchant/4012791877 (native), .../4012587971 (refund).
const maxDescription = 127;
const maxReason = 80;
const maxNotifyUrl = 255;

const transactions = '/v3/pay/transactions';
const refunds = '/v3/refund/domestic/refunds';

/**
 * Turns a call into signed bytes.
 * @throws UnsupportedCallError when the call lacks what the product needs; nothing may be sent then
 */
export function buildRequest(account: OpenAccount, call: ChannelCall, at: Date, nonce: string): WireRequest {
  if (!/^[0-9A-Za-z]{1,32}$/.test(nonce)) throw new UnsupportedCallError('nonce must be 1-32 characters 0-9A-Za-z');
  const { method, path, payload } = describe(account.config, call);
  const body = payload === undefined ? '' : JSON.stringify(payload);
  const { verification } = account.config;
  return {
    method,
    path,
    headers: {
      Accept: 'application/json',
      // Requests without a User-Agent are refused.
      'User-Agent': 'tributary',
      ...(method === 'POST' ? { 'Content-Type': 'application/json' } : {}),
      // Tells WeChat Pay with which key to sign its answer: https://pay.weixin.qq.com/doc/v3/merchant/4012154180
      ...(verification.mode === 'public_key' ? { 'Wechatpay-Serial': verification.keyId } : {}),
      Authorization: authorize(account, { method, path, body }, at, nonce),
    },
    body,
  };
}

type Description = { method: 'GET' | 'POST'; path: string; payload?: object };

function describe(config: WechatPayConfig, call: ChannelCall): Description {
  const { mchId } = config;
  switch (call.op) {
    case 'place':
      return { method: 'POST', path: `${transactions}/${call.product}`, payload: orderOf(config, call) };
    case 'query':
      return { method: 'GET', path: `${orderPath(call.requestNo)}?mchid=${mchId}` };
    case 'close':
      return { method: 'POST', path: `${orderPath(call.requestNo)}/close`, payload: { mchid: mchId } };
    case 'reverse':
      if (call.product !== 'codepay') throw new UnsupportedCallError('only codepay orders can be reversed');
      return {
        method: 'POST',
        path: `${orderPath(call.requestNo)}/reverse`,
        payload: { appid: appIdFor(config, call.product), mchid: mchId },
      };
    case 'refund':
      return { method: 'POST', path: refunds, payload: refundOf(call) };
    case 'queryRefund':
      return { method: 'GET', path: `${refunds}/${encodeURIComponent(call.refundNo)}` };
    case 'fetchTrust':
      return { method: 'GET', path: '/v3/certificates' };
  }
}

const orderPath = (requestNo: string): string => `${transactions}/out-trade-no/${encodeURIComponent(requestNo)}`;

function orderOf(config: WechatPayConfig, call: PlaceCall): object {
  const common = {
    appid: appIdFor(config, call.product),
    mchid: config.mchId,
    description: clip(call.subject, maxDescription),
    out_trade_no: orderNumber(call.requestNo),
    amount: { total: minorUnits(call.amount), currency: 'CNY' },
  };
  // A barcode payment is charged at once: it has no expiry and its outcome is asked for, not called back.
  if (call.product === 'codepay') {
    return {
      ...common,
      payer: { auth_code: needed(call.payer.authCode, 'authCode') },
      scene_info: tillOf(config, call),
    };
  }
  return {
    ...common,
    time_expire: beijingTime(call.expiresAt),
    notify_url: callbackUrl(call.notifyUrl),
    ...(call.product === 'jsapi' ? { payer: { openid: needed(call.payer.openId, 'openId') } } : {}),
    ...sceneOf(config, call),
  };
}

function sceneOf(config: WechatPayConfig, call: PlaceCall): object {
  const { ip, deviceId } = call.payer;
  if (call.product === 'h5') {
    const { type, appName, appUrl } = config.h5 ?? { type: 'Wap' };
    const h5Info = { type, ...optional('app_name', appName), ...optional('app_url', appUrl) };
    return {
      scene_info: {
        payer_client_ip: needed(ip, 'ip'),
        ...optional('device_id', clipped(deviceId)),
        h5_info: h5Info,
      },
    };
  }
  return ip === undefined ? {} : { scene_info: { payer_client_ip: ip, ...optional('device_id', clipped(deviceId)) } };
}

// https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/code-pay.html: scene_info is required.
function tillOf(config: WechatPayConfig, call: PlaceCall): object {
  const deviceIp = needed(call.payer.ip ?? config.deviceIp, 'ip (or deviceIp of the account)');
  const { id, outId } = config.store ?? {};
  return {
    ...optional('device_id', clipped(call.payer.deviceId)),
    device_ip: deviceIp,
    store_info: id === undefined ? { out_id: outId ?? config.mchId } : { id, ...optional('out_id', outId) },
  };
}

function refundOf(call: RefundCall): object {
  return {
    out_trade_no: orderNumber(call.requestNo),
    out_refund_no: call.refundNo,
    ...optional('reason', call.reason === undefined ? undefined : clip(call.reason, maxReason)),
    notify_url: callbackUrl(call.notifyUrl),
    amount: { refund: minorUnits(call.amount), total: minorUnits(call.total), currency: 'CNY' },
  };
}

/** RFC 3339 in Beijing time, to the second, e.g. `2026-01-31T23:59:59+08:00`. */
export function beijingTime(at: Date): string {
  const shifted = new Date(at.getTime() + 8 * 3_600_000);
  return `${shifted.toISOString().slice(0, 19)}+08:00`;
}

/** Shortens to a number of UTF-16 units without cutting a character in two. */
export function clip(text: string, max: number): string {
  let kept = '';
  for (const character of text) {
    if (kept.length + character.length > max) break;
    kept += character;
  }
  return kept;
}

function minorUnits({ amountMinor, currency }: Money): number {
  if (currency !== 'CNY') throw new UnsupportedCallError(`WeChat Pay takes CNY only, not ${currency}`);
  if (amountMinor < 1n || amountMinor > BigInt(Number.MAX_SAFE_INTEGER))
    throw new UnsupportedCallError('amount out of range');
  return Number(amountMinor);
}

function orderNumber(requestNo: string): string {
  if (!/^[0-9A-Za-z_\-|*]{6,32}$/.test(requestNo)) throw new UnsupportedCallError('out_trade_no takes 6-32 characters');
  return requestNo;
}

function callbackUrl(url: string): string {
  const fits = url.length <= maxNotifyUrl && /^https?:\/\/[^?#\s]+$/.test(url);
  if (!fits) throw new UnsupportedCallError('notify_url takes at most 255 characters and no query');
  return url;
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new UnsupportedCallError(`payer.${name} is needed`);
  return value;
}

const clipped = (deviceId: string | undefined): string | undefined =>
  deviceId === undefined ? undefined : clip(deviceId, 32);

const optional = (name: string, value: string | undefined): object => (value === undefined ? {} : { [name]: value });
