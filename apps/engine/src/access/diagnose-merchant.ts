import { createHash, createPublicKey, createSecretKey } from 'node:crypto';
import type { Diagnosis, DoctorKey, Finding } from '@tributary/channels/wire/doctor/diagnosis';
import { examine, type Mistake, sure } from '@tributary/channels/wire/doctor/examine';
import {
  headMistake,
  lineAndBodyMistakes,
  linesOf,
  renderLines,
  requestLineMistakes,
  type SignedLines,
  swappedLines,
} from '@tributary/channels/wire/doctor/lines';
import { type Pasted, PasteError } from '@tributary/channels/wire/doctor/paste';
import type { MessageDirection } from '@tributary/contracts/signature-doctor';
import type { ApiKeyConfig } from '../config/snapshot.ts';
import { signatureWindowSeconds } from './authenticate.ts';

/** What is known of a merchant to examine its messages by. */
export type MerchantKeys = { keys: readonly ApiKeyConfig[]; webhookSecret: string | undefined };

/**
 * Why a merchant's signed request, or a webhook that it got from us, does not verify. Pure; signs nothing and tells no
 * secret.
 * @throws PasteError when the paste is neither
 */
export function diagnoseMerchant(
  merchant: MerchantKeys,
  pasted: Pasted,
  { direction, at }: { direction?: MessageDirection | undefined; at: Date },
): Diagnosis {
  const { headers } = pasted;
  const isWebhook = headers['webhook-id'] !== undefined || headers['webhook-signature'] !== undefined;
  const isRequest = Object.keys(headers).some((name) => name.startsWith('tributary-'));
  if (!isWebhook && !isRequest && direction === undefined) throw new PasteError(1, 'no_message');
  return (isWebhook || direction === 'callback') && direction !== 'request'
    ? diagnoseWebhook(merchant, pasted, at)
    : diagnoseRequest(merchant, pasted, at);
}

/** The lines, and what stands for the body in the last one. */
type Hashed = { lines: SignedLines; hash: 'hex' | 'upper' | 'base64' | 'none' };

const bodyLines: Record<Hashed['hash'], (body: Buffer) => Buffer> = {
  hex: (body) => Buffer.from(createHash('sha256').update(body).digest('hex')),
  upper: (body) => Buffer.from(createHash('sha256').update(body).digest('hex').toUpperCase()),
  base64: (body) => Buffer.from(createHash('sha256').update(body).digest('base64')),
  none: (body) => body,
};

const ofLines = ({ cause, made }: Mistake<SignedLines>): Mistake<Hashed> => ({
  cause,
  made: (parts) => made(parts.lines).map((one) => ({ ...parts, lines: 'detail' in one ? one.parts : one })),
});

function diagnoseRequest({ keys }: MerchantKeys, pasted: Pasted, at: Date): Diagnosis {
  const { method, target, host, headers, body } = pasted;
  if (!method || !target) throw new PasteError(1, 'no_start_line');
  const said = (name: string) => headers[`tributary-${name}`] ?? '';
  const seen: Finding[] = [];
  for (const name of ['key', 'timestamp', 'nonce'])
    if (said(name) === '') seen.push(sure('field_missing', `Tributary-${name}`));
  const named = keys.find(({ id }) => id === said('key'));
  if (said('key') !== '' && named?.kind !== 'signing') seen.push(sure('unknown_serial', said('key')));
  if (named && ((named.expiresAt && named.expiresAt <= at) || named.revokedAt))
    seen.push(sure('key_not_active', named.id));
  if (said('nonce') !== '' && !/^[0-9A-Za-z_-]{16,64}$/.test(said('nonce'))) seen.push(sure('nonce_not_valid'));
  seen.push(...timeFindings(said('timestamp'), at));
  return examine<Hashed>({
    direction: 'request',
    scheme: 'Tributary-Signature',
    parts: {
      lines: linesOf([method.toUpperCase(), target, said('timestamp'), said('nonce')], Buffer.from(body)),
      hash: 'hex',
    },
    render: ({ lines, hash }) => renderLines(bodyLines[hash])(lines),
    mistakes: [
      { cause: 'body_not_hashed', made: (parts) => [{ ...parts, hash: 'none' }] },
      { cause: 'hash_in_upper_case', made: (parts) => [{ ...parts, hash: 'upper' }] },
      { cause: 'other_hash', made: (parts) => [{ parts: { ...parts, hash: 'base64' }, detail: 'base64(sha256)' }] },
      ...[...lineAndBodyMistakes, ...requestLineMistakes(host), swappedLines(2, 3), milliseconds(2)].map(ofLines),
    ],
    signature: said('signature'),
    keys: keys.flatMap((key): DoctorKey[] => publicKeyOf(key, key.id === named?.id ? 'expected' : 'same_account')),
    seen,
  });
}

function publicKeyOf({ id, publicKeyPem }: ApiKeyConfig, relation: DoctorKey['relation']): DoctorKey[] {
  try {
    return publicKeyPem ? [{ name: id, relation, key: createPublicKey(publicKeyPem) }] : [];
  } catch {
    return [];
  }
}

/** What a webhook is signed over: id, time and body with dots between. */
type Dotted = { id: string; timestamp: string; body: Buffer; dot: string; order: readonly ('id' | 'timestamp')[] };

const renderDotted = ({ dot, order, body, ...said }: Dotted): Buffer =>
  Buffer.concat([Buffer.from(order.map((name) => said[name] + dot).join('')), body]);

function diagnoseWebhook({ webhookSecret }: MerchantKeys, { headers, body }: Pasted, at: Date): Diagnosis {
  const [id = '', timestamp = ''] = [headers['webhook-id'], headers['webhook-timestamp']];
  const seen: Finding[] = [];
  for (const name of ['webhook-id', 'webhook-timestamp']) if (!headers[name]) seen.push(sure('field_missing', name));
  seen.push(...timeFindings(timestamp, at));
  // Several may stand side by side while a secret is changed; only version 1 is ours.
  const signatures = (headers['webhook-signature'] ?? '').split(/ (?=v\d)/).filter((one) => one !== '');
  const ofOurs = signatures.filter((one) => one.startsWith('v1,')).map((one) => one.slice(3));
  if (signatures.length > 0 && ofOurs.length === 0) seen.push(sure('scheme_not_spoken', 'v1,…'));
  const decoded = Buffer.from((webhookSecret ?? '').replace(/^whsec_/, ''), 'base64');
  const look = (signature: string | undefined, secret: Buffer): Diagnosis =>
    examine<Dotted>({
      direction: 'callback',
      scheme: 'Standard Webhooks 1.0',
      parts: { id, timestamp, body: Buffer.from(body), dot: '.', order: ['id', 'timestamp'] },
      render: renderDotted,
      mistakes: webhookMistakes,
      signature,
      keys: secret.length === 0 ? [] : [{ name: 'webhook secret', relation: 'expected', key: createSecretKey(secret) }],
      seen,
    });
  const tries = (ofOurs.length > 0 ? ofOurs : signatures).slice(0, 5);
  const first = look(tries[0], decoded);
  const fits = ({ keyName }: Diagnosis) => keyName !== undefined;
  const found = [first, ...tries.slice(1).map((one) => look(one, decoded))].find(fits);
  if (found || !webhookSecret) return found ?? first;
  // Signed by somebody who took the text of the secret for the secret.
  const asText = [webhookSecret, webhookSecret.replace(/^whsec_/, '')].map((text) => look(tries[0], Buffer.from(text)));
  const mistaken = asText.find(fits);
  return mistaken
    ? { ...mistaken, verdict: 'invalid', findings: [sure('secret_not_decoded'), ...mistaken.findings] }
    : first;
}

const webhookMistakes: readonly Mistake<Dotted>[] = [
  ...lineAndBodyMistakes
    .filter(({ cause }) => !['final_newline_missing', 'literal_newlines'].includes(cause))
    .map(
      ({ cause, made }): Mistake<Dotted> => ({
        cause,
        made: (parts) =>
          made(linesOf([], parts.body)).map((one) => ({ ...parts, body: 'detail' in one ? one.parts.body : one.body })),
      }),
    ),
  { cause: 'separators_differ', made: (parts) => ['', '\n', ':', '|'].map((dot) => ({ ...parts, dot })) },
  {
    cause: 'lines_in_another_order',
    made: (parts) => [{ ...parts, order: ['timestamp', 'id'] }],
  },
  {
    cause: 'field_left_out',
    made: (parts) =>
      (['id', 'timestamp'] as const).map((name) => ({
        parts: { ...parts, order: parts.order.filter((one) => one !== name) },
        detail: `webhook-${name}`,
      })),
  },
  {
    cause: 'timestamp_in_milliseconds',
    made: (parts) => (/^\d{10}$/.test(parts.timestamp) ? [{ ...parts, timestamp: `${parts.timestamp}000` }] : []),
  },
];

function timeFindings(timestamp: string, at: Date): Finding[] {
  if (timestamp === '') return [];
  if (/^\d{13}$/.test(timestamp)) return [sure('timestamp_in_milliseconds', timestamp)];
  const apart = Math.floor(at.getTime() / 1000) - Number(timestamp);
  return Math.abs(apart) < signatureWindowSeconds ? [] : [sure('stale_timestamp', `${apart} s`)];
}

const milliseconds = (line: number): Mistake<SignedLines> =>
  headMistake('timestamp_in_milliseconds', line, (time) => [/^\d{10}$/.test(time) ? `${time}000` : undefined]);
