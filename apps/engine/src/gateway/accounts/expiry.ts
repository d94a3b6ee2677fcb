import { X509Certificate } from 'node:crypto';
import type { TrustedKey } from '@tributary/channels/channel-result';

/** Something of an account that ends: a certificate in its configuration, a key of the channel, or a date that a person told. */
export type Expiry = {
  /** Stable within the account, e.g. `certificatePem`, `trust.5157F0`, `entered`. */
  item: string;
  source: 'certificate' | 'channel' | 'entered';
  /** Serial number, and whom it is issued to, where there is one. */
  serial: string | undefined;
  subject: string | undefined;
  expiresAt: Date;
};

/** Days before the end at which somebody is told; 0: it is over. */
export const warnDays = [30, 14, 3, 1, 0] as const;

const dayMs = 86_400_000;
const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
// Deeper than any account's configuration.
const maxDepth = 8;

/** Everything of an account that ends, soonest first. What can not be read as a certificate is left out. */
export function expiriesOf(account: {
  config: unknown;
  trust: readonly TrustedKey[];
  enteredAt: Date | undefined;
}): Expiry[] {
  const found: Expiry[] = [];
  collect(account.config, '', 0, found);
  for (const { serial, expiresAt } of account.trust) {
    const at = expiresAt === undefined ? undefined : new Date(expiresAt);
    if (at && !Number.isNaN(at.getTime()))
      found.push({ item: `trust.${serial}`, source: 'channel', serial, subject: undefined, expiresAt: at });
  }
  if (account.enteredAt)
    found.push({
      item: 'entered',
      source: 'entered',
      serial: undefined,
      subject: undefined,
      expiresAt: account.enteredAt,
    });
  return found.sort((a, b) => a.expiresAt.getTime() - b.expiresAt.getTime());
}

function collect(value: unknown, path: string, depth: number, found: Expiry[]): void {
  if (typeof value === 'string') {
    const blocks = value.match(block) ?? [];
    for (const [index, pem] of blocks.entries()) {
      const read = readCertificate(pem);
      if (read) found.push({ item: blocks.length > 1 ? `${path}.${index}` : path, source: 'certificate', ...read });
    }
    return;
  }
  if (typeof value !== 'object' || value === null || depth >= maxDepth) return;
  for (const [name, inner] of Object.entries(value)) collect(inner, path ? `${path}.${name}` : name, depth + 1, found);
}

function readCertificate(pem: string): Pick<Expiry, 'serial' | 'subject' | 'expiresAt'> | undefined {
  try {
    const { serialNumber, subject, validTo } = new X509Certificate(pem);
    return {
      serial: serialNumber,
      subject: /(?:^|\n)CN=([^\n]*)/.exec(subject)?.[1],
      expiresAt: new Date(validTo),
    };
  } catch {
    return undefined;
  }
}

/** Days left, rounded down: 0 on the last day, negative once it is over. */
export const daysLeft = (expiresAt: Date, now: Date): number =>
  Math.floor((expiresAt.getTime() - now.getTime()) / dayMs);

/** The narrowest threshold that has been reached; undefined when the end is further away than all of them. */
export function warningFor(expiresAt: Date, now: Date): (typeof warnDays)[number] | undefined {
  const left = (expiresAt.getTime() - now.getTime()) / dayMs;
  return warnDays.findLast((days) => left <= days);
}
