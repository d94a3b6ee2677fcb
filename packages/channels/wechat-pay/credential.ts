import { createHash } from 'node:crypto';
import type { Credential } from '@tributary/contracts/payment';
import type { PlaceCall } from '../channel-adapter.ts';
import { signRsaSha256 } from '../wire/rsa-sha256.ts';
import { appIdFor, type OpenAccount } from './account.ts';
import { unixSeconds } from './sign.ts';
import { h5ReplySchema, nativeReplySchema, prepayReplySchema } from './wire.ts';

/**
 * What the payer needs to go on, from the reply to placing the order.
 * @returns undefined when the reply does not hold it
 */
export function readCredential(
  account: OpenAccount,
  call: PlaceCall,
  reply: unknown,
  at: Date,
): Credential | undefined {
  switch (call.product) {
    case 'native': {
      const { data } = nativeReplySchema.safeParse(reply);
      return data && { type: 'qr', url: data.code_url };
    }
    case 'h5': {
      const { data } = h5ReplySchema.safeParse(reply);
      return data && { type: 'redirect', url: withReturnUrl(data.h5_url, call.returnUrl) };
    }
    case 'jsapi': {
      const { data } = prepayReplySchema.safeParse(reply);
      return data && { type: 'jsapi', parameters: jsapiParameters(account, data.prepay_id, at) };
    }
    case 'app': {
      const { data } = prepayReplySchema.safeParse(reply);
      return data && { type: 'app', parameters: appParameters(account, data.prepay_id, at) };
    }
    case 'codepay':
      return undefined;
  }
}

/** Parameters of `WeixinJSBridge` / `wx.requestPayment`. wechatpay-java `JsapiServiceExtension` */
function jsapiParameters(account: OpenAccount, prepayId: string, at: Date): Record<string, string> {
  const appId = appIdFor(account.config, 'jsapi');
  const timeStamp = unixSeconds(at);
  const nonceStr = payNonce(prepayId, timeStamp);
  const packed = `prepay_id=${prepayId}`;
  const paySign = signRsaSha256(`${appId}\n${timeStamp}\n${nonceStr}\n${packed}\n`, account.privateKey);
  return { appId, timeStamp, nonceStr, package: packed, signType: 'RSA', paySign };
}

/** Parameters of the mobile SDK's PayReq. wechatpay-java `AppServiceExtension` */
function appParameters(account: OpenAccount, prepayId: string, at: Date): Record<string, string> {
  const appid = appIdFor(account.config, 'app');
  const timestamp = unixSeconds(at);
  const noncestr = payNonce(prepayId, timestamp);
  const sign = signRsaSha256(`${appid}\n${timestamp}\n${noncestr}\n${prepayId}\n`, account.privateKey);
  return {
    appid,
    partnerid: account.config.mchId,
    prepayid: prepayId,
    package: 'Sign=WXPay',
    noncestr,
    timestamp,
    sign,
  };
}

// Parsing has no randomness, and needs none: the signature can't be made without the private key, and prepay_id is
// unique and unguessable. Deriving the nonce keeps "these bytes in, that answer out".
const payNonce = (prepayId: string, timestamp: string): string =>
  createHash('sha256').update(`${prepayId}\n${timestamp}`).digest('hex').slice(0, 32);

function withReturnUrl(h5Url: string, returnUrl: string | undefined): string {
  if (returnUrl === undefined) return h5Url;
  return `${h5Url}${h5Url.includes('?') ? '&' : '?'}redirect_url=${encodeURIComponent(returnUrl)}`;
}
