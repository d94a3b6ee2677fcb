import { createHash, randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Logical shards: fixed for ever, mapped to however many active shards there are. */
export const logicalShards = 4096;

function encode(value: bigint, length: number): string {
  let rest = value;
  let text = '';
  for (let i = 0; i < length; i++) {
    text = alphabet[Number(rest & 31n)] + text;
    rest >>= 5n;
  }
  return text;
}

/**
 * 26 characters of Crockford base 32: 48 bits of Unix time in ms (10 characters), then 80 random bits. Sorts by time;
 * monthly partitions are ranges of it (see `tributary_id_floor` in the migrations).
 */
export function timeOrderedId(nowMs: number, random: Buffer = randomBytes(10)): string {
  return encode(BigInt(nowMs), 10) + encode(BigInt(`0x${random.toString('hex')}`), 16);
}

export const newPaymentId = (nowMs = Date.now()): string => `pay_${timeOrderedId(nowMs)}`;
export const newRefundId = (nowMs = Date.now()): string => `rfd_${timeOrderedId(nowMs)}`;
export const newId = (prefix: string, nowMs = Date.now()): string => `${prefix}_${timeOrderedId(nowMs)}`;

/** Milliseconds since 1970 at which an id was made. */
export function timeOfId(id: string): number {
  const start = id.indexOf('_') + 1;
  let ms = 0;
  for (let i = start; i < start + 10; i++) ms = ms * 32 + alphabet.indexOf(id.charAt(i));
  return ms;
}

/** When an order (payment id) or a refund was made: what channels that name them by time too are told in every call. */
export const orderedAt = (id: string): Date => new Date(timeOfId(id));

/** Smallest payment id made at or after a time: turns a time range into an id range, so partitions are pruned. */
export const paymentIdFloor = (ms: number): string => `pay_${encode(BigInt(Math.max(0, Math.floor(ms))), 10)}`;

/** The payment's logical shard, 0..4095: the first 12 bits of SHA-256 of its id. Every node computes the same. */
export function shardOf(paymentId: string): number {
  const digest = createHash('sha256').update(paymentId).digest();
  return digest.readUInt16BE(0) >> 4;
}

/**
 * Our number of an attempt at the channel: the payment's 26 characters and the attempt number, so that a callback leads
 * straight to its payment. 28 characters of [0-9A-Z], within every channel's limit of 32.
 */
export const requestNoOf = (paymentId: string, attemptNo: number): string =>
  paymentId.slice(4) + String(attemptNo).padStart(2, '0');

/** The payment and attempt of a request number; undefined when it is not one of ours. */
export function parseRequestNo(requestNo: string): { paymentId: string; attemptNo: number } | undefined {
  const match = /^([0-9A-HJKMNP-TV-Z]{26})(\d{2})$/.exec(requestNo);
  if (!match?.[1] || !match[2]) return undefined;
  return { paymentId: `pay_${match[1]}`, attemptNo: Number(match[2]) };
}

/** Our number of a refund at the channel (26 characters): the refund id without its prefix. */
export const refundNoOf = (refundId: string): string => refundId.slice(4);
export const refundIdOf = (refundNo: string): string => `rfd_${refundNo}`;
