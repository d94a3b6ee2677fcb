/** As a node wrote it about itself, maybe of an older release. */
type Reported = { counts?: Record<string, number>; cache?: { entries: number; bytes: number; maxBytes: number } };

/** Answered from memory, by whoever held it: this node, Redis, or a look-up beside it. */
const withoutReading = ['hit', 'snapshot', 'coalesced'];
const refusals = ['rate_limited', 'overloaded', 'unavailable'];

/** What a node says of merchants' look-ups of payments in the last minute. */
export function readsOf(reported: unknown) {
  const { counts = {}, cache } = (reported ?? {}) as Reported;
  const sum = (outcomes: string[]) => outcomes.reduce((total, one) => total + (counts[one] ?? 0), 0);
  const answered = sum([...withoutReading, 'miss']);
  const refused = sum(refusals);
  return {
    perSecond: (answered + refused) / 60,
    answered,
    held: sum(withoutReading),
    notModified: counts.not_modified ?? 0,
    rateLimited: counts.rate_limited ?? 0,
    refused,
    entries: cache?.entries ?? 0,
    bytes: cache?.bytes ?? 0,
    maxBytes: cache?.maxBytes ?? 0,
  };
}
