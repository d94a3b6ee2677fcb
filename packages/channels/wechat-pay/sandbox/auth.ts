import { verify } from 'node:crypto';
import type { ReceivedRequest } from '../../testing/simulator/channel-simulator.ts';
import { refusal, WechatPayRefusal } from './answers.ts';
import type { WechatPayCredentials } from './credentials.ts';

const schema = 'WECHATPAY2-SHA256-RSA2048';
const toleranceMs = 5 * 60_000;
const fieldNames = ['mchid', 'nonce_str', 'signature', 'timestamp', 'serial_no'] as const;
type AuthorizationFields = Record<(typeof fieldNames)[number], string>;

const header = (request: ReceivedRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

const signError = (message: string, detail?: unknown) => new WechatPayRefusal(401, 'SIGN_ERROR', message, detail);

const parseAuthorization = (value: string | undefined): AuthorizationFields => {
  const malformed = signError('Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》');
  if (value === undefined || !value.startsWith(`${schema} `)) throw malformed;
  const fields = new Map<string, string>();
  for (const part of value.slice(schema.length + 1).split(',')) {
    const match = /^\s*([a-z_]+)="([^"]*)"\s*$/.exec(part);
    if (match?.[1] === undefined || match[2] === undefined || fields.has(match[1])) throw malformed;
    fields.set(match[1], match[2]);
  }
  const read = (name: string): string => {
    const found = fields.get(name);
    if (found === undefined || found === '') throw malformed;
    return found;
  };
  return {
    mchid: read('mchid'),
    nonce_str: read('nonce_str'),
    signature: read('signature'),
    timestamp: read('timestamp'),
    serial_no: read('serial_no'),
  };
};

/** Checks calls; what passes really comes from the test merchant, unchanged, now, and for the first time. */
export type Authenticator = (request: ReceivedRequest) => void;

/** Creates the check of the Authorization header. It remembers nonces for as long as a replay could pass. */
export const createAuthenticator = (credentials: WechatPayCredentials, now: () => number): Authenticator => {
  const seen = new Map<string, number>();
  const forgetOld = () => {
    // Insertion order is time order, so the old ones come first.
    for (const [nonce, at] of seen) {
      if (at > now() - 2 * toleranceMs) return;
      seen.delete(nonce);
    }
  };

  return (request) => {
    if (header(request, 'accept') === undefined || header(request, 'user-agent') === undefined) {
      throw refusal(400, 'PARAM_ERROR', 'Http头缺少Accept或User-Agent');
    }
    const fields = parseAuthorization(header(request, 'authorization'));
    if (fields.mchid !== credentials.mchid) throw signError('商户号不存在或与证书不匹配');
    // In either case of letters: widely used client libraries write it in lower case.
    if (fields.serial_no.toUpperCase() !== credentials.merchantSerial) throw signError('商户证书序列号有误');
    if (!/^\d{1,12}$/.test(fields.timestamp)) throw signError('Http头Authorization中的timestamp格式错误');
    if (Math.abs(now() - Number(fields.timestamp) * 1000) > toleranceMs) {
      throw signError('Http头Authorization中的timestamp与发起请求的时间不得超过5分钟');
    }
    if (fields.nonce_str.length > 32) throw signError('Http头Authorization中的nonce_str超过32个字符');
    const signed = Buffer.concat([
      Buffer.from(`${request.method}\n${request.target}\n${fields.timestamp}\n${fields.nonce_str}\n`, 'utf8'),
      request.body,
      Buffer.from('\n'),
    ]);
    const signature = Buffer.from(fields.signature, 'base64');
    if (!verify('sha256', signed, credentials.merchantPublicKey, signature)) {
      throw signError('签名错误，请检查后再试', {
        detail: { issue: 'sign not match' },
        field: 'signature',
        location: 'authorization',
        sign_information: { method: request.method, url: request.target, sign_message_length: signed.length },
      });
    }
    forgetOld();
    if (seen.has(fields.nonce_str)) throw signError('Http头Authorization中的nonce_str重复，请求可能被重放');
    seen.set(fields.nonce_str, now());
  };
};

/** Which key the caller wants answers to be signed with. */
export const signingModeOf = (
  request: ReceivedRequest,
  credentials: WechatPayCredentials,
): 'publicKey' | 'certificate' =>
  header(request, 'wechatpay-serial') === credentials.publicKeyId ? 'publicKey' : 'certificate';

/** Refuses a public key id that is not this merchant's. */
export const assertKnownPublicKey = (request: ReceivedRequest, credentials: WechatPayCredentials): void => {
  const serial = header(request, 'wechatpay-serial');
  if (serial?.startsWith('PUB_KEY_ID_') && serial !== credentials.publicKeyId) {
    throw refusal(400, 'INVALID_REQUEST', '微信支付公钥ID有误');
  }
};

/** Bodies must be JSON, and say so. */
export const assertJsonContent = (request: ReceivedRequest): void => {
  if (!header(request, 'content-type')?.startsWith('application/json')) {
    throw refusal(400, 'PARAM_ERROR', 'Http头Content-Type应为application/json');
  }
};
