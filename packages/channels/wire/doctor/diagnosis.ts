import type { KeyObject } from 'node:crypto';
import type { MessageDirection, SignatureCause } from '@tributary/contracts/signature-doctor';
import type { Pasted } from './paste.ts';

/**
 * A cause. `certain`: with it undone the signature verifies, or it is plain to see; otherwise it is where to look.
 * `detail` names a field, a key or a number, and never a secret.
 */
export type Finding = { cause: SignatureCause; certain: boolean; detail?: string };

/** Whose key it is, seen from the account that was chosen. Public, but for secrets that both sides share. */
export type DoctorKey = {
  name: string;
  relation: 'expected' | 'same_account' | 'own' | 'other_account';
  key: KeyObject;
};

/** Where two texts part, in bytes from 0, and in lines and columns from 1. */
export type Difference = {
  offset: number;
  line: number;
  column: number;
  expected: number | undefined;
  actual: number | undefined;
};

export type Diagnosis = {
  direction: MessageDirection;
  scheme: string;
  verdict: 'valid' | 'invalid';
  findings: Finding[];
  /** What the signature has to cover. */
  canonical: Buffer;
  /** What it does cover, when that was found and is something else. */
  signed?: Buffer;
  difference?: Difference;
  /** The key it was made with, when that was found. */
  keyName?: string;
  /** What the signature says of the message it covers: hash and digest in hex. RSA only. */
  signedHash?: string;
  signedDigest?: string;
};

export type DiagnoseOptions = {
  /** Left out: told from the message. */
  direction?: MessageDirection | undefined;
  /** When the message arrived. */
  at: Date;
  /** Keys of other accounts and environments, to recognise a signature by. */
  others: readonly DoctorKey[];
};

/**
 * What a channel knows of its signatures beyond "fits" and "does not": pure, and it never signs anything, since whoever
 * may ask would else have a message of their choice signed.
 */
export type SignatureDoctor = {
  /** The keys of the account, both sides. */
  keys(): DoctorKey[];
  /** @throws PasteError when the paste is no message of this channel's */
  diagnose(pasted: Pasted, options: DiagnoseOptions): Diagnosis;
};

/** @returns undefined when they are equal */
export function firstDifference(expected: Buffer, actual: Buffer): Difference | undefined {
  const length = Math.max(expected.length, actual.length);
  let offset = 0;
  while (offset < length && expected[offset] === actual[offset]) offset += 1;
  if (offset === length) return undefined;
  const before = expected.subarray(0, offset);
  const lineStart = before.lastIndexOf(0x0a) + 1;
  return {
    offset,
    line: before.filter((byte) => byte === 0x0a).length + 1,
    column: offset - lineStart + 1,
    expected: expected[offset],
    actual: actual[offset],
  };
}
