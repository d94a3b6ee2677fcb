import type { MessageDirection, SignatureCause } from '@tributary/contracts/signature-doctor';
import { type Diagnosis, type DoctorKey, type Finding, firstDifference } from './diagnosis.ts';
import { isSilent, type OpenedSignature, openWith } from './open-signature.ts';
import { readSignature } from './signature-text.ts';

/** A mistake that a signer may have made: the parts as the mistake would have them, once for each way of making it. */
export type Mistake<Parts> = {
  cause: SignatureCause;
  made: (parts: Parts) => (Parts | { parts: Parts; detail: string })[];
};

type Case<Parts> = {
  direction: MessageDirection;
  scheme: string;
  parts: Parts;
  render: (parts: Parts) => Buffer;
  /** What people read of it, where that is not what is signed itself but e.g. the text behind its hash. */
  shown?: (parts: Parts) => Buffer;
  mistakes: readonly Mistake<Parts>[];
  signature: string | undefined;
  keys: readonly DoctorKey[];
  /** What is plain to see without the signature. */
  seen: Finding[];
};

type Found<Parts> = { findings: Finding[]; parts: Parts };

// Two mistakes at once are common (a re-serialised body and a missing newline), three are somebody else's protocol. What
// is tried is bounded in bytes, so that a long message keeps nobody waiting longer than a short one.
const maxBytes = 3_000_000;

/**
 * Finds out why a signature does not fit: how its text was spoilt, whose key made it, and then, one mistake after the
 * other and two at a time, what it was made over. The first that verifies is no guess.
 */
export function examine<Parts>(one: Case<Parts>): Diagnosis {
  const shown = one.shown ?? one.render;
  const canonical = shown(one.parts);
  const result = (findings: Finding[], more: Partial<Diagnosis> = {}): Diagnosis => {
    const all = [...one.seen, ...findings];
    return {
      direction: one.direction,
      scheme: one.scheme,
      verdict: all.length === 0 ? 'valid' : 'invalid',
      findings: all,
      canonical,
      ...more,
    };
  };
  if (!one.signature) return result([sure('signature_missing')]);
  const read = readSignature(one.signature);
  if (!read) return result([sure('signature_unreadable')]);
  const spoilt = read.causes.map((cause) => sure(cause));

  let unread: { key: DoctorKey; opened: OpenedSignature } | undefined;
  for (const key of ordered(one.keys)) {
    const opened = openWith(read.bytes, key.key);
    if (!opened) continue;
    const found = search(one, opened);
    // Only RSA tells that it was this key although the message is not found.
    if (!found) {
      if (opened.digest) unread ??= { key, opened };
      continue;
    }
    const findings = [...spoilt, ...hashFindings(opened), ...keyFindings(key), ...found.findings];
    const signed = shown(found.parts);
    const difference = firstDifference(canonical, signed);
    return result(findings, {
      keyName: key.name,
      ...digestOf(opened),
      ...(difference ? { signed, difference } : {}),
    });
  }
  if (!unread) {
    const silent = one.keys.some(({ key }) => isSilent(key));
    return result([...spoilt, { cause: 'wrong_key', certain: !silent }, ...(silent ? [maybe('content_differs')] : [])]);
  }
  const { key, opened } = unread;
  return result([...spoilt, ...hashFindings(opened), ...keyFindings(key), sure('content_differs')], {
    keyName: key.name,
    ...digestOf(opened),
  });
}

export const sure = (cause: SignatureCause, detail?: string): Finding => ({
  cause,
  certain: true,
  ...(detail === undefined ? {} : { detail }),
});
const maybe = (cause: SignatureCause): Finding => ({ cause, certain: false });

const rank = { expected: 0, same_account: 1, own: 2, other_account: 3 } as const;
const ordered = (keys: readonly DoctorKey[]): DoctorKey[] =>
  [...keys].sort((a, b) => rank[a.relation] - rank[b.relation]);

function keyFindings({ relation, name }: DoctorKey): Finding[] {
  if (relation === 'expected') return [];
  return [
    sure(
      ({ same_account: 'wrong_serial', own: 'own_key', other_account: 'other_account_key' } as const)[relation],
      name,
    ),
  ];
}

const hashFindings = ({ hash }: OpenedSignature): Finding[] =>
  hash === 'sha256' ? [] : [hash === 'sha1' ? sure('sha1_instead_of_sha256') : sure('other_hash', hash)];

const digestOf = ({ hash, digest }: OpenedSignature): Partial<Diagnosis> =>
  digest ? { signedHash: hash, signedDigest: digest.toString('hex') } : {};

function search<Parts>({ parts, render, mistakes }: Case<Parts>, opened: OpenedSignature): Found<Parts> | undefined {
  const right = render(parts);
  if (opened.covers(right)) return { findings: [], parts };
  let left = maxBytes;
  /** Makes a mistake in every way, as far as the bytes go. */
  function* variants(mistake: Mistake<Parts>, from: Parts) {
    left -= right.length;
    if (left <= 0) return;
    for (const variant of variantsOf(mistake.made, from)) {
      if (left <= 0) return;
      const message = render(variant.parts);
      left -= message.length + 1_000;
      yield { parts: variant.parts, message, finding: sure(mistake.cause, variant.detail) };
    }
  }
  const tried = new Set([right.toString('latin1')]);
  const once: { parts: Parts; finding: Finding }[] = [];
  for (const mistake of mistakes) {
    for (const { parts: made, message, finding } of variants(mistake, parts)) {
      const key = message.toString('latin1');
      if (tried.has(key)) continue;
      tried.add(key);
      if (opened.covers(message)) return { findings: [finding], parts: made };
      once.push({ parts: made, finding });
    }
  }
  for (const first of once) {
    for (const mistake of mistakes) {
      if (first.finding.cause === mistake.cause) continue;
      for (const { parts: made, message, finding } of variants(mistake, first.parts))
        if (opened.covers(message)) return { findings: [first.finding, finding], parts: made };
    }
    if (left <= 0) return undefined;
  }
  return undefined;
}

function variantsOf<Parts>(made: Mistake<Parts>['made'], parts: Parts): { parts: Parts; detail?: string }[] {
  return made(parts).map((variant) =>
    typeof variant === 'object' && variant !== null && 'detail' in variant && 'parts' in variant
      ? (variant as { parts: Parts; detail: string })
      : { parts: variant as Parts },
  );
}
