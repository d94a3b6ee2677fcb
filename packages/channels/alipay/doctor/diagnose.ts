import { createPublicKey } from 'node:crypto';
import type { MessageDirection } from '@tributary/contracts/signature-doctor';
import { recoded, reserialised } from '../../wire/doctor/body-mistakes.ts';
import type { Diagnosis, DoctorKey, Finding, SignatureDoctor } from '../../wire/doctor/diagnosis.ts';
import { examine, type Mistake, sure } from '../../wire/doctor/examine.ts';
import {
  fieldMistakes,
  fieldsOf,
  leftOut,
  renderFields,
  requestFields,
  takenIn,
  textOf,
} from '../../wire/doctor/fields.ts';
import { type Pasted, PasteError } from '../../wire/doctor/paste.ts';
import { rawMembers } from '../../wire/raw-members.ts';
import type { OpenAccount } from '../account.ts';

const scheme = 'RSA2';

/** Why a message of Alipay's, or one of ours to it, does not verify. */
export const createDoctor = (account: OpenAccount): SignatureDoctor => ({
  keys: () => keysOf(account),
  diagnose(pasted, { direction = directionOf(pasted), others }) {
    const strangers = others.filter(({ relation }) => relation === 'other_account');
    if (direction === 'response') return diagnoseAnswer(account, pasted, strangers);
    return diagnoseFields(account, pasted, direction, strangers);
  },
});

function directionOf(pasted: Pasted): MessageDirection {
  if (pasted.status !== undefined || /^\s*\{/.test(pasted.body)) return 'response';
  const raw = requestFields(pasted);
  return textOf(raw, 'notify_id') !== undefined || textOf(raw, 'notify_type') !== undefined ? 'callback' : 'request';
}

/** The empty name stands for the only key in public-key mode. */
const nameOf = (number: string): string => (number === '' ? 'alipay public key' : `alipay_cert_sn ${number}`);

function keysOf(account: OpenAccount): DoctorKey[] {
  return [
    { name: `app ${account.config.appId}`, relation: 'own', key: createPublicKey(account.privateKey) },
    ...[...account.alipayKeys].map(
      ([number, key]): DoctorKey => ({ name: nameOf(number), relation: 'same_account', key }),
    ),
  ];
}

/** What a message says of the certificate it was signed with, against how the account checks signatures. */
function modeFindings({ alipayKeys, certificateNumbers }: OpenAccount, number: string | undefined): Finding[] {
  if (certificateNumbers === undefined) return number ? [sure('mode_mismatch', 'alipay_cert_sn')] : [];
  if (!number) return [sure('mode_mismatch', 'alipay_cert_sn')];
  return alipayKeys.has(number) ? [] : [sure('unknown_serial', number)];
}

function receivedKeys(account: OpenAccount, number: string | undefined): DoctorKey[] {
  const wanted = nameOf(account.certificateNumbers ? (number ?? '') : '');
  const only = account.alipayKeys.size === 1;
  return keysOf(account).map((one) =>
    one.relation === 'same_account' && (one.name === wanted || (only && !number))
      ? { ...one, relation: 'expected' }
      : one,
  );
}

function diagnoseFields(
  account: OpenAccount,
  pasted: Pasted,
  direction: 'request' | 'callback',
  strangers: readonly DoctorKey[],
): Diagnosis {
  const raw = requestFields(pasted);
  const said = (name: string) => textOf(raw, name);
  const isRequest = direction === 'request';
  const seen: Finding[] = [];
  for (const name of isRequest ? ['app_id', 'method', 'timestamp', 'sign_type'] : ['app_id', 'sign_type', 'notify_id'])
    if (!said(name)) seen.push(sure('field_missing', name));
  if (said('sign_type') && said('sign_type') !== scheme) seen.push(sure('scheme_not_spoken', said('sign_type')));
  if (said('app_id') && said('app_id') !== account.config.appId) seen.push(sure('wrong_merchant', said('app_id')));
  if (isRequest) seen.push(...certificateFindings(account, said));
  // A callback need not name its certificate.
  else if (said('alipay_cert_sn')) seen.push(...modeFindings(account, said('alipay_cert_sn')));
  const keys = isRequest
    ? keysOf(account).map((one): DoctorKey => ({ ...one, relation: one.relation === 'own' ? 'expected' : 'own' }))
    : receivedKeys(account, said('alipay_cert_sn'));
  return examine({
    direction,
    scheme,
    parts: fieldsOf(raw, { skip: new Set(isRequest ? ['sign'] : ['sign', 'sign_type']), empty: 'left_out' }),
    render: renderFields,
    mistakes: [
      isRequest ? leftOut('sign_type_left_out', 'sign_type') : takenIn('sign_type_included', 'sign_type'),
      takenIn('signature_included', 'sign'),
      ...fieldMistakes,
    ],
    signature: said('sign'),
    keys: [...keys, ...strangers],
    seen,
  });
}

/** In certificate mode a request names two certificates; in public-key mode it must name none. */
function certificateFindings(
  { certificateNumbers }: OpenAccount,
  said: (name: string) => string | undefined,
): Finding[] {
  return (['app_cert_sn', 'alipay_root_cert_sn'] as const).flatMap((name) => {
    const value = said(name);
    if (certificateNumbers === undefined) return value ? [sure('mode_mismatch', name)] : [];
    if (!value) return [sure('mode_mismatch', name)];
    return value === certificateNumbers[name] ? [] : [sure('wrong_serial', name)];
  });
}

type Answer = { content: Buffer };

function diagnoseAnswer(account: OpenAccount, { body, bodyLine }: Pasted, strangers: readonly DoctorKey[]): Diagnosis {
  const members = rawMembers(Buffer.from(body));
  if (members === undefined) throw new PasteError(bodyLine, 'not_json');
  const text = (name: string): string | undefined => {
    const value: unknown = JSON.parse(members.get(name)?.toString() ?? 'null');
    return typeof value === 'string' ? value : undefined;
  };
  const name = [...members.keys()].find((one) => one.endsWith('_response'));
  const content = members.get(name ?? '');
  if (content === undefined) throw new PasteError(bodyLine, 'no_message');
  const number = text('alipay_cert_sn');
  const whole = Buffer.from(body.trim());
  const mistakes: Mistake<Answer>[] = [
    { cause: 'body_reserialised', made: (parts) => reserialised(parts.content).map((anew) => ({ content: anew })) },
    { cause: 'charset', made: (parts) => recoded(parts.content).map((anew) => ({ content: anew })) },
    {
      cause: 'whole_body_signed',
      made: () => [{ content: whole }, { content: Buffer.from(`{"${name}":${content}}`) }],
    },
    { cause: 'extra_newline_in_body', made: (parts) => [{ content: Buffer.from(parts.content.toString().trim()) }] },
    {
      cause: 'newline_missing_in_body',
      made: (parts) => [{ content: Buffer.concat([parts.content, Buffer.from('\n')]) }],
    },
    {
      cause: 'line_endings',
      made: (parts) => [{ content: Buffer.from(parts.content.toString().replaceAll(/\r?\n/g, '\r\n')) }],
    },
  ];
  return examine({
    direction: 'response',
    scheme,
    parts: { content },
    render: (parts) => parts.content,
    mistakes,
    signature: text('sign'),
    keys: [...receivedKeys(account, number), ...strangers],
    seen: modeFindings(account, number),
  });
}
