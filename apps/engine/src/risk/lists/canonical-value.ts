import { isIPv4, isIPv6 } from 'node:net';
import type { ListSubject } from '@tributary/contracts/list';
import { isCleanText } from '@tributary/contracts/text';
import ipaddr from 'ipaddr.js';

export type Canonical = { ok: true; value: string } | { ok: false; message: string };

/** A block of addresses: 4 or 16 bytes, and how many bits of them count. */
export type Network = { bytes: Uint8Array; prefix: number };

/** Shorter prefixes are refused: an entry that covers a large part of the world is a slip of the pen. */
const shortestPrefix = { 4: 8, 16: 16 } as const;
const most = 128;

/**
 * The one spelling in which an entry is stored and looked up. White space around is dropped. Addresses: IPv4 inside IPv6
 * (`::ffff:10.0.0.1`) is IPv4, IPv6 as RFC 5952, bits behind the prefix are cleared, `/32` and `/128` are left out. Card
 * BINs are 6 to 8 digits. Banks are upper case. Merchants, payers and devices are taken as they are: their ids may differ
 * in case alone.
 */
export function canonicalEntry(subject: ListSubject, text: string): Canonical {
  const value = text.trim();
  if (value === '') return refuse('is empty');
  if (value.length > most) return refuse(`is longer than ${most} characters`);
  if (!isCleanText(value)) return refuse('contains control, invisible or broken characters');
  switch (subject) {
    case 'ip': {
      const network = parseNetwork(value);
      if (!network) return refuse('is not an IP address or a range like 203.0.113.0/24');
      const least = shortestPrefix[network.bytes.length as 4 | 16];
      if (network.prefix < least) return refuse(`covers too many addresses: the prefix must be at least /${least}`);
      return { ok: true, value: networkText(network) };
    }
    case 'card_bin':
      return /^\d{6,8}$/.test(value) ? { ok: true, value } : refuse('is not 6 to 8 digits of a card number');
    case 'bank':
      return /^[0-9A-Za-z]{2,16}$/.test(value)
        ? { ok: true, value: value.toUpperCase() }
        : refuse('is not a bank code of 2 to 16 letters and digits');
    default:
      return { ok: true, value };
  }
}

const refuse = (message: string): Canonical => ({ ok: false, message });

/** Reads an address or a range in CIDR notation, with the bits behind the prefix cleared; undefined if it is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...more] = text.split('/');
  if (more.length > 0) return undefined;
  const bytes = addressBytes(address);
  if (!bytes) return undefined;
  const given = isIPv4(address) ? 32 : 128;
  if (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  // An IPv4 range written as IPv6: the first 96 bits are the wrapping.
  const wrapped = given === 128 && bytes.length === 4 ? 96 : 0;
  const prefix = (length === undefined ? given : Number(length)) - wrapped;
  if (prefix < 0 || prefix > bytes.length * 8) return undefined;
  return { bytes: masked(bytes, prefix), prefix };
}

/** The 4 or 16 bytes of an address; IPv4 inside IPv6 is IPv4. Only the usual spellings: no octal, no `127.1`, no zone. */
export function addressBytes(text: string): Uint8Array | undefined {
  if (!isIPv4(text) && (!isIPv6(text) || text.includes('%'))) return undefined;
  return Uint8Array.from(ipaddr.process(text).toByteArray());
}

/** The first `prefix` bits of an address; the rest is zero. */
export function masked(bytes: Uint8Array, prefix: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const whole = prefix >> 3;
  out.set(bytes.subarray(0, whole));
  if ((prefix & 7) !== 0) out[whole] = (bytes[whole] ?? 0) & (0xff00 >> (prefix & 7));
  return out;
}

/** The spelling of a network as entries have it. */
export function networkText({ bytes, prefix }: Network): string {
  const address = ipaddr.fromByteArray([...bytes]);
  const text = address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
  return prefix === bytes.length * 8 ? text : `${text}/${prefix}`;
}
