import type { Fence } from '../../sharding/ports.ts';

/** An attempt that has to be looked up, or a refund that has to be brought on. */
export type SyncItem = { paymentId: string; channelId: string | undefined } & (
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
  JSON.stringify(
    item.kind === 'attempt'
      ? { p: item.paymentId, n: item.attemptNo, c: item.channelId }
      : { p: item.paymentId, r: item.refundId, c: item.channelId },
  );

/** @returns undefined for a text that another release wrote and this one does not understand */
export function itemOf(detail: string): SyncItem | undefined {
  let read: { p?: unknown; n?: unknown; r?: unknown; c?: unknown };
  try {
    read = JSON.parse(detail);
  } catch {
    return undefined;
  }
  if (typeof read.p !== 'string') return undefined;
  const common = { paymentId: read.p, channelId: typeof read.c === 'string' ? read.c : undefined };
  if (typeof read.n === 'number') return { kind: 'attempt', attemptNo: read.n, ...common };
  return typeof read.r === 'string' ? { kind: 'refund', refundId: read.r, ...common } : undefined;
}
