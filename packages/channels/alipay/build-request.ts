import type { Money } from '@tributary/contracts/money';
import {
  type ChannelCall,
  type Handover,
  type PlaceCall,
  UnsupportedCallError,
  type WireRequest,
} from '../channel-adapter.ts';
import { beijingDateTime } from '../wire/beijing-time.ts';
import { writeDecimal } from '../wire/decimal-amount.ts';
import { writeForm } from '../wire/form.ts';
import type { OpenAccount } from './account.ts';
import { signRequest } from './sign.ts';

/** A method of Alipay's and what goes into `biz_content`. */
type Description = { method: string; content: Record<string, unknown>; notifyUrl?: string; returnUrl?: string };

/** The gateway's only path. Everything, the signature included, is a parameter. https://opendocs.alipay.com/common/02nebp */
const gatewayPath = '/gateway.do';

/**
 * Turns a call into signed bytes, or into the link that the payer's browser follows.
 * @throws UnsupportedCallError when the call lacks what the product needs; nothing may be sent then
 */
export function buildRequest(
  account: OpenAccount,
  baseUrl: string,
  call: ChannelCall,
  at: Date,
): WireRequest | Handover {
  const description = describe(account, call);
  const parameters = parametersOf(account, description, at);
  if (call.op === 'place' && call.product === 'app') {
    return { credential: { type: 'app', parameters: { orderString: writeForm(parameters) } } };
  }
  if (call.op === 'place' && (call.product === 'h5' || call.product === 'page')) {
    return { credential: { type: 'redirect', url: `${baseUrl}${gatewayPath}?${writeForm(parameters)}` } };
  }
  // As the official SDKs do: the content in the body, the rest in the query, where the gateway finds the character set.
  const query = parameters.filter(([name]) => name !== 'biz_content');
  return {
    method: 'POST',
    path: `${gatewayPath}?${writeForm(query)}`,
    headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded;charset=utf-8' },
    body: writeForm(parameters.filter(([name]) => name === 'biz_content')),
  };
}

/** The method that a call is made by: its answer comes under the method's name. */
export function methodOf(call: ChannelCall): string {
  switch (call.op) {
    case 'place':
      return placeMethods[call.product] ?? unsupported(`Alipay has no product ${call.product}`);
    case 'query':
      return 'alipay.trade.query';
    case 'close':
      return 'alipay.trade.close';
    case 'reverse':
      return 'alipay.trade.cancel';
    case 'refund':
      return 'alipay.trade.refund';
    case 'queryRefund':
      return 'alipay.trade.fastpay.refund.query';
    case 'fetchTrust':
      return unsupported('Alipay hands out no keys');
  }
}

const placeMethods: Readonly<Record<string, string>> = {
  native: 'alipay.trade.precreate',
  codepay: 'alipay.trade.pay',
  jsapi: 'alipay.trade.create',
  h5: 'alipay.trade.wap.pay',
  page: 'alipay.trade.page.pay',
  app: 'alipay.trade.app.pay',
};

const productCodes: Readonly<Record<string, string>> = {
  native: 'FACE_TO_FACE_PAYMENT',
  codepay: 'FACE_TO_FACE_PAYMENT',
  jsapi: 'JSAPI_PAY',
  h5: 'QUICK_WAP_WAY',
  page: 'FAST_INSTANT_TRADE_PAY',
  app: 'QUICK_MSECURITY_PAY',
};

function describe(account: OpenAccount, call: ChannelCall): Description {
  const method = methodOf(call);
  switch (call.op) {
    case 'place':
      return {
        method,
        content: orderOf(account, call),
        notifyUrl: url(call.notifyUrl),
        ...(call.returnUrl === undefined ? {} : { returnUrl: url(call.returnUrl) }),
      };
    case 'query':
    case 'close':
    case 'reverse':
      return { method, content: { out_trade_no: orderNumber(call.requestNo) } };
    case 'refund':
      return {
        method,
        content: {
          out_trade_no: orderNumber(call.requestNo),
          out_request_no: orderNumber(call.refundNo),
          refund_amount: yuan(call.amount),
          ...(call.reason === undefined ? {} : { refund_reason: plain(call.reason, 256) }),
        },
      };
    case 'queryRefund':
      return {
        method,
        content: { out_trade_no: orderNumber(call.requestNo), out_request_no: orderNumber(call.refundNo) },
      };
    case 'fetchTrust':
      return unsupported('Alipay hands out no keys');
  }
}

function orderOf({ config }: OpenAccount, call: PlaceCall): Record<string, unknown> {
  const { product, payer } = call;
  const order = {
    out_trade_no: orderNumber(call.requestNo),
    total_amount: yuan(call.amount),
    subject: plain(call.subject, 256),
    product_code: productCodes[product],
    // To the second; Alipay refuses to be paid after it.
    time_expire: beijingDateTime(call.expiresAt),
  };
  if (product === 'codepay') {
    return {
      ...order,
      scene: 'bar_code',
      auth_code: needed(payer.authCode, 'authCode'),
      ...(config.storeId === undefined ? {} : { store_id: config.storeId }),
      ...(payer.deviceId === undefined ? {} : { terminal_id: plain(payer.deviceId, 32) }),
    };
  }
  if (product === 'jsapi') {
    return { ...order, op_app_id: config.appId, [config.buyerIdKind]: needed(payer.openId, 'openId') };
  }
  if (product === 'h5' && call.returnUrl !== undefined) return { ...order, quit_url: url(call.returnUrl) };
  return order;
}

function parametersOf(account: OpenAccount, description: Description, at: Date): [string, string][] {
  const { method, content, notifyUrl, returnUrl } = description;
  const parameters: [string, string][] = [
    ['app_id', account.config.appId],
    ['method', method],
    ['format', 'JSON'],
    ['charset', 'utf-8'],
    ['sign_type', 'RSA2'],
    ['timestamp', beijingDateTime(at)],
    ['version', '1.0'],
    ...Object.entries(account.certificateNumbers ?? {}),
    ...(notifyUrl === undefined ? [] : [['notify_url', notifyUrl] as [string, string]]),
    ...(returnUrl === undefined ? [] : [['return_url', returnUrl] as [string, string]]),
    ['biz_content', JSON.stringify(content)],
  ];
  return [...parameters, ['sign', signRequest(account, parameters)]];
}

// `/`, `=` and `&` are refused in texts, and so are characters beyond the basic plane.
function plain(text: string, max: number): string {
  const allowed = [...text].map((character) => (/[/=&]/.test(character) ? ' ' : character.length > 1 ? '' : character));
  return allowed.join('').slice(0, max).trim() || '-';
}

function yuan({ amountMinor, currency }: Money): string {
  if (currency !== 'CNY') unsupported(`Alipay takes CNY only, not ${currency}`);
  if (amountMinor < 1n || amountMinor > 10_000_000_000n) unsupported('amount out of range');
  return writeDecimal(amountMinor);
}

function orderNumber(requestNo: string): string {
  return /^[0-9A-Za-z_]{1,64}$/.test(requestNo) ? requestNo : unsupported('out_trade_no takes letters, digits and _');
}

function url(text: string): string {
  return text.length <= 256 && /^https?:\/\/\S+$/.test(text) ? text : unsupported('URLs take at most 256 characters');
}

const needed = (value: string | undefined, name: string): string =>
  value === undefined || value === '' ? unsupported(`payer.${name} is needed`) : value;

function unsupported(message: string): never {
  throw new UnsupportedCallError(message);
}
