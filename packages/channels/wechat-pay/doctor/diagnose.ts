import { createPublicKey } from 'node:crypto';
import type { MessageDirection } from '@tributary/contracts/signature-doctor';
import { openAes256Gcm } from '../../wire/aes-256-gcm.ts';
import type { Diagnosis, DoctorKey, Finding, SignatureDoctor } from '../../wire/doctor/diagnosis.ts';
import { examine, type Mistake, sure } from '../../wire/doctor/examine.ts';
import {
  headMistake,
  lineAndBodyMistakes,
  linesOf,
  renderLines,
  requestLineMistakes,
  type SignedLines,
  swappedLines,
} from '../../wire/doctor/lines.ts';
import { type Pasted, PasteError } from '../../wire/doctor/paste.ts';
import { normalizeSerial } from '../../wire/pem.ts';
import type { OpenAccount } from '../account.ts';
import { authorizationScheme, probePrefix, windowSeconds } from '../sign.ts';

const render = renderLines();

/** Why a message of WeChat Pay's, or one of ours to it, does not verify. */
export const createDoctor = (account: OpenAccount): SignatureDoctor => ({
  keys: () => keysOf(account),
  diagnose(pasted, { direction = directionOf(pasted), at, others }) {
    const strangers = others.filter(({ relation }) => relation === 'other_account');
    return direction === 'request'
      ? diagnoseRequest(account, pasted, at, strangers)
      : diagnoseReceived(account, pasted, direction, at, strangers);
  },
});

function directionOf(pasted: Pasted): MessageDirection {
  if (pasted.headers.authorization !== undefined) return 'request';
  if (pasted.status !== undefined) return 'response';
  if (Object.keys(pasted.headers).some((name) => name.startsWith('wechatpay-'))) return 'callback';
  throw new PasteError(1, 'no_message');
}

function keysOf(account: OpenAccount): DoctorKey[] {
  return [
    { name: `merchant ${account.config.certificateSerial}`, relation: 'own', key: createPublicKey(account.privateKey) },
    ...[...account.platformKeys].map(
      ([serial, { key }]): DoctorKey => ({ name: serial, relation: 'same_account', key }),
    ),
  ];
}

function diagnoseRequest(account: OpenAccount, pasted: Pasted, at: Date, others: readonly DoctorKey[]): Diagnosis {
  const { method, target, host, headers, body } = pasted;
  if (!method || !target) throw new PasteError(1, 'no_start_line');
  const [, scheme, rest] = /^(\S+)\s+(.*)$/s.exec(headers.authorization ?? '') ?? [];
  const said = new Map([...(rest ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value ?? '']));
  const seen: Finding[] = [];
  if (scheme !== authorizationScheme) seen.push(sure('scheme_not_spoken', scheme ?? 'Authorization'));
  for (const name of ['mchid', 'nonce_str', 'timestamp', 'serial_no'])
    if (!said.get(name)) seen.push(sure('field_missing', name));
  if (said.get('mchid') && said.get('mchid') !== account.config.mchId)
    seen.push(sure('wrong_merchant', said.get('mchid')));
  const serial = said.get('serial_no');
  if (serial && normalizeSerial(serial) !== normalizeSerial(account.config.certificateSerial))
    seen.push(sure('wrong_serial', serial));
  const timestamp = said.get('timestamp') ?? '';
  seen.push(...timeFindings(timestamp, at));
  return examine({
    direction: 'request',
    scheme: authorizationScheme,
    parts: linesOf([method.toUpperCase(), target, timestamp, said.get('nonce_str') ?? ''], Buffer.from(body)),
    render,
    mistakes: [
      ...lineAndBodyMistakes,
      ...requestLineMistakes(host ?? 'api.mch.weixin.qq.com'),
      swappedLines(2, 3),
      milliseconds(2),
    ],
    signature: said.get('signature'),
    keys: [
      ...keysOf(account).map((one): DoctorKey => ({ ...one, relation: one.relation === 'own' ? 'expected' : 'own' })),
      ...others,
    ],
    seen,
  });
}

function diagnoseReceived(
  account: OpenAccount,
  { headers, body }: Pasted,
  direction: MessageDirection,
  at: Date,
  others: readonly DoctorKey[],
): Diagnosis {
  const timestamp = headers['wechatpay-timestamp'] ?? '';
  const nonce = headers['wechatpay-nonce'] ?? '';
  const serial = headers['wechatpay-serial'];
  const signature = headers['wechatpay-signature'];
  const seen: Finding[] = [];
  for (const name of ['wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-serial'])
    if (!headers[name]) seen.push(sure('field_missing', name));
  if (nonce !== '' && !/^[\x21-\x7e]{1,128}$/.test(nonce)) seen.push(sure('nonce_not_valid'));
  const probe = signature?.startsWith(probePrefix) ?? false;
  if (probe) seen.push(sure('probe'));
  seen.push(...keyFindings(account, serial, at), ...timeFindings(timestamp, at));
  const wanted = serial === undefined ? undefined : normalizeSerial(serial);
  const keys = keysOf(account).map((one) => (one.name === wanted ? { ...one, relation: 'expected' as const } : one));
  const diagnosis = examine<SignedLines>({
    direction,
    scheme: authorizationScheme,
    parts: linesOf([timestamp, nonce], Buffer.from(body)),
    render,
    mistakes: [...lineAndBodyMistakes, swappedLines(0, 1), milliseconds(0)],
    signature: probe ? signature?.slice(probePrefix.length) : signature,
    keys: [...keys, ...others],
    seen,
  });
  // A signature that fits says nothing of the key that the content is sealed with.
  return diagnosis.verdict === 'valid' && !opens(account, body)
    ? { ...diagnosis, verdict: 'invalid', findings: [sure('cannot_decrypt')] }
    : diagnosis;
}

/** What can be said of the key that a message names, before it is tried. */
function keyFindings({ config, platformKeys }: OpenAccount, serial: string | undefined, at: Date): Finding[] {
  if (!serial) return [];
  const known = platformKeys.get(normalizeSerial(serial));
  if (known)
    return (known.effectiveAt && at < known.effectiveAt) || (known.expiresAt && at >= known.expiresAt)
      ? [sure('key_not_active', serial)]
      : [];
  const namesPublicKey = serial.startsWith('PUB_KEY_ID_');
  const mode = config.verification.mode;
  const isOtherMode = namesPublicKey !== (mode === 'public_key');
  return [sure(isOtherMode ? 'mode_mismatch' : 'unknown_serial', serial)];
}

function timeFindings(timestamp: string, at: Date): Finding[] {
  if (timestamp === '') return [];
  if (/^\d{13}$/.test(timestamp)) return [sure('timestamp_in_milliseconds', timestamp)];
  const apart = Math.floor(at.getTime() / 1000) - Number(timestamp);
  return Number.isFinite(apart) && Math.abs(apart) < windowSeconds ? [] : [sure('stale_timestamp', `${apart} s`)];
}

/** The time that was signed is in milliseconds, or was and the header's is not. */
const milliseconds = (line: number): Mistake<SignedLines> =>
  headMistake('timestamp_in_milliseconds', line, (time) => [
    /^\d{13}$/.test(time) ? time.slice(0, 10) : undefined,
    /^\d{10}$/.test(time) ? `${time}000` : undefined,
  ]);

function opens(account: OpenAccount, body: string): boolean {
  try {
    const { resource } = JSON.parse(body) as { resource?: Record<string, string> };
    if (!resource?.ciphertext) return true;
    const { ciphertext, nonce = '', associated_data: associatedData = '' } = resource;
    return openAes256Gcm({ ciphertext, nonce, associatedData }, account.apiV3Key) !== undefined;
  } catch {
    return true;
  }
}
