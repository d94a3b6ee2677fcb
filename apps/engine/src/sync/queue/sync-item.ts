import type { Fence } from '../../sharding/ports.ts';

/**
 * An attempt that has to be looked up, or a refund that has to be brought on. `waited`: it found its channel's budget used
 * up before, and comes at the time that it was given.
 */
export type SyncItem = { paymentId: string; channelId: string | undefined; waited?: boolean } & (
  | { kind: 'attempt'; attemptNo: number }
  | { kind: 'refund'; refundId: string }
);

/** Where a worker has an item from: the three tiers, or a person who wants to know now. */
export type SyncTier = 'memory' | 'shard' | 'batch' | 'person';

/** An item to claim, for a shard when it is worked for one. */
export type Wanted = { item: SyncItem; fence?: Fence | undefined };

export const idOf = (item: SyncItem): string =>
  item.kind === 'attempt' ? `${item.paymentId}-${item.attemptNo}` : item.refundId;

/** An item as text, for a queue: what must be known of it before it is claimed. */
export const detailOf = (item: SyncItem): string =>
  JSON.stringify({
    p: item.paymentId,
    ...(item.kind === 'attempt' ? { n: item.attemptNo } : { r: item.refundId }),
    c: item.channelId,
    ...(item.waited ? { w: 1 } : {}),
  });

/** @returns undefined for a text that another release wrote and this one does not understand */
export function itemOf(detail: string): SyncItem | undefined {
  let read: { p?: unknown; n?: unknown; r?: unknown; c?: unknown; w?: unknown };
  try {
    read = JSON.parse(detail);
  } catch {
    return undefined;
  }
  if (typeof read.p !== 'string') return undefined;
  const common = {
    paymentId: read.p,
    channelId: typeof read.c === 'string' ? read.c : undefined,
    ...(read.w ? { waited: true } : {}),
  };
  if (typeof read.n === 'number') return { kind: 'attempt', attemptNo: read.n, ...common };
  return typeof read.r === 'string' ? { kind: 'refund', refundId: read.r, ...common } : undefined;
}
