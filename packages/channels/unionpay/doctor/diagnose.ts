import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import type { MessageDirection } from '@tributary/contracts/signature-doctor';
import type { Diagnosis, DoctorKey, Finding, SignatureDoctor } from '../../wire/doctor/diagnosis.ts';
import { examine, type Mistake, sure } from '../../wire/doctor/examine.ts';
import {
  fieldMistakes,
  fieldsOf,
  maxFields,
  rawFields,
  renderFields,
  type SignedFields,
  takenIn,
  textOf,
} from '../../wire/doctor/fields.ts';
import { type Pasted, PasteError } from '../../wire/doctor/paste.ts';
import type { OpenAccount } from '../account.ts';
import { distrustOf } from '../sign.ts';
import { parseAnswer } from '../wire.ts';

const scheme = 'SHA-256 + RSA (signMethod 01)';

/** The fields, and how their text becomes what is signed. */
type Hashed = { fields: SignedFields; hash: 'lower' | 'upper' | 'none' | 'twice' };

/** Why a message of UnionPay's, or one of ours to it, does not verify. */
export const createDoctor = (account: OpenAccount): SignatureDoctor => ({
  keys: () => keysOf(account),
  diagnose(pasted, { direction, at, others }) {
    const strangers = others.filter(({ relation }) => relation === 'other_account');
    const read = readFields(pasted, direction);
    return diagnose(account, read, direction ?? directionOf(pasted, read), at, strangers);
  },
});

const keysOf = (account: OpenAccount): DoctorKey[] => [
  { name: `certId ${account.certId}`, relation: 'own', key: createPublicKey(account.privateKey) },
];

type Read = { raw: [string, string][]; decode: 'form' | 'none' };

/**
 * An answer comes as it is, everything else percent-encoded. Of a bare text, only a certificate with its blanks and line
 * breaks tells that it is an answer.
 */
function readFields({ body, bodyLine, method, status }: Pasted, direction: MessageDirection | undefined): Read {
  const hasRawCertificate = /(^|&)signPubKeyCert=-----BEGIN CERTIFICATE-----\s/.test(body);
  const encoded =
    direction === undefined
      ? status === undefined && (method !== undefined || !hasRawCertificate)
      : direction !== 'response';
  if (encoded) return { raw: rawFields(body, bodyLine), decode: 'form' };
  const message = parseAnswer(Buffer.from(body));
  if (message === undefined) throw new PasteError(bodyLine, 'no_fields');
  if (message.size > maxFields) throw new PasteError(bodyLine, 'too_many_fields');
  return { raw: [...message], decode: 'none' };
}

function directionOf({ status }: Pasted, { raw, decode }: Read): MessageDirection {
  if (status !== undefined || decode === 'none') return 'response';
  return raw.some(([name]) => name === 'signPubKeyCert') ? 'callback' : 'request';
}

function diagnose(
  account: OpenAccount,
  { raw, decode }: Read,
  direction: MessageDirection,
  at: Date,
  strangers: readonly DoctorKey[],
): Diagnosis {
  const said = (name: string) =>
    decode === 'none' ? raw.find(([known]) => known === name)?.[1]?.trim() : textOf(raw, name);
  const seen: Finding[] = [];
  for (const name of ['merId', 'signMethod', ...(direction === 'request' ? ['certId'] : ['signPubKeyCert'])])
    if (!said(name)) seen.push(sure('field_missing', name));
  if (said('signMethod') && said('signMethod') !== '01') seen.push(sure('scheme_not_spoken', said('signMethod')));
  if (said('merId') && said('merId') !== account.config.merId) seen.push(sure('wrong_merchant', said('merId')));
  const own = keysOf(account);
  let keys: DoctorKey[];
  if (direction === 'request') {
    if (said('certId') && said('certId') !== account.certId) seen.push(sure('wrong_serial', said('certId')));
    keys = own.map((one) => ({ ...one, relation: 'expected' }));
  } else {
    const brought = certificateIn(said('signPubKeyCert'));
    if (said('signPubKeyCert') && !brought) seen.push(sure('certificate_not_trusted'));
    const distrust = brought && distrustOf(account, brought, at);
    if (distrust) seen.push(sure(distrust, brought.subject.replaceAll('\n', ', ')));
    keys = brought ? [{ name: serialOf(brought), relation: 'expected', key: brought.publicKey }, ...own] : own;
  }
  return examine<Hashed>({
    direction,
    scheme,
    parts: { fields: fieldsOf(raw, { decode, skip: new Set(['signature']), empty: 'kept' }), hash: 'lower' },
    render,
    shown: ({ fields }) => renderFields(fields),
    mistakes,
    signature: said('signature'),
    keys: [...keys, ...strangers],
    seen,
  });
}

const digest = (text: Buffer | string): string => createHash('sha256').update(text).digest('hex');

function render({ fields, hash }: Hashed): Buffer {
  const text = renderFields(fields);
  switch (hash) {
    case 'none':
      return text;
    case 'upper':
      return Buffer.from(digest(text).toUpperCase());
    case 'twice':
      return Buffer.from(digest(digest(text)));
    case 'lower':
      return Buffer.from(digest(text));
  }
}

const ofFields = ({ cause, made }: Mistake<SignedFields>): Mistake<Hashed> => ({
  cause,
  made: (parts) =>
    made(parts.fields).map((one) =>
      'detail' in one ? { parts: { ...parts, fields: one.parts }, detail: one.detail } : { ...parts, fields: one },
    ),
});

const mistakes: readonly Mistake<Hashed>[] = [
  { cause: 'not_hashed_first', made: (parts) => [{ ...parts, hash: 'none' }] },
  { cause: 'hash_in_upper_case', made: (parts) => [{ ...parts, hash: 'upper' }] },
  { cause: 'other_hash', made: (parts) => [{ parts: { ...parts, hash: 'twice' }, detail: 'sha256(sha256)' }] },
  ofFields(takenIn('signature_included', 'signature')),
  ...fieldMistakes.map(ofFields),
];

function certificateIn(pem: string | undefined): X509Certificate | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const serialOf = (certificate: X509Certificate): string => `certId ${BigInt(`0x${certificate.serialNumber}`)}`;
