import { verify } from 'node:crypto';
import type { ReceivedRequest } from '../../testing/simulator/channel-simulator.ts';
import { refusal } from './answers.ts';
import type { AlipayCredentials, SigningMode } from './credentials.ts';

/** How far a timestamp may be off. A link waits until the payer follows it, so it may be older. */
const toleranceMs = 15 * 60_000;
const linkToleranceMs = 24 * 3_600_000;
const required = ['app_id', 'method', 'charset', 'sign_type', 'sign', 'timestamp', 'version'] as const;

/** The parameters of a call, from its query and its form together. */
export type Parameters = ReadonlyMap<string, string>;

const pairsOf = (request: ReceivedRequest): [string, string][] => [
  ...request.query,
  ...(request.method === 'POST' ? new URLSearchParams(request.body.toString('utf8')) : []),
];

/** Reads the parameters without checking anything; of a repeated one the first counts. */
export const readParameters = (request: ReceivedRequest): Parameters => new Map(pairsOf(request).toReversed());

/** Which key the caller wants answers to be signed with: whoever names a certificate knows ours by certificates. */
export const signingModeOf = (parameters: Parameters): SigningMode =>
  parameters.has('app_cert_sn') ? 'certificate' : 'publicKey';

const readTimestamp = (text: string): number =>
  /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text) ? Date.parse(`${text.replace(' ', 'T')}+08:00`) : Number.NaN;

const assertSigned = (parameters: Parameters, credentials: AlipayCredentials) => {
  const message = [...parameters]
    .filter(([name, value]) => name !== 'sign' && value !== '')
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const signature = Buffer.from(parameters.get('sign') ?? '', 'base64');
  if (!verify('sha256', Buffer.from(message, 'utf8'), credentials.appPublicKey, signature)) {
    throw refusal('isv.invalid-signature');
  }
};

const assertCertificates = (parameters: Parameters, credentials: AlipayCredentials) => {
  if (signingModeOf(parameters) === 'publicKey') return;
  if (parameters.get('app_cert_sn') !== credentials.appCertificateNumber) {
    throw refusal('isv.invalid-app-cert-sn', '应用公钥证书序列号有误');
  }
  if (parameters.get('alipay_root_cert_sn') !== credentials.rootCertificateNumber) {
    throw refusal('isv.invalid-alipay-root-cert-sn', '支付宝根证书序列号有误');
  }
};

/**
 * Checks a call; what passes really comes from the test app, unchanged and now.
 * @throws AlipayRefusal with the gateway's own code
 */
export const authenticate = (
  request: ReceivedRequest,
  credentials: AlipayCredentials,
  nowMs: number,
  isLink: boolean,
): void => {
  const parameters = readParameters(request);
  for (const name of required) {
    const missing = name === 'sign' ? 'signature' : name === 'sign_type' ? 'signature-type' : name.replaceAll('_', '-');
    if (!parameters.get(name)) throw refusal(`isv.missing-${missing}`, `缺少${name}参数`);
  }
  if (parameters.get('app_id') !== credentials.appId) throw refusal('isv.invalid-app-id');
  if (parameters.get('sign_type') !== 'RSA2') throw refusal('isv.invalid-signature-type');
  if (parameters.get('charset')?.toLowerCase() !== 'utf-8') throw refusal('isv.invalid-charset');
  if ((parameters.get('format') ?? 'json').toLowerCase() !== 'json') throw refusal('isv.invalid-format');
  // Two values under one name: the signature could cover one and the work follow the other.
  if (parameters.size !== pairsOf(request).length) throw refusal('isv.invalid-signature');
  assertSigned(parameters, credentials);
  assertCertificates(parameters, credentials);
  const offMs = Math.abs(nowMs - readTimestamp(parameters.get('timestamp') ?? ''));
  if (!(offMs <= (isLink ? linkToleranceMs : toleranceMs))) throw refusal('isv.invalid-timestamp');
};
