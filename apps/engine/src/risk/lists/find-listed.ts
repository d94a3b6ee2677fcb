import type { ListConfig, ListEffect, ListSubject } from '@tributary/contracts/list';
import type { ListFollower } from './follow-lists.ts';
import { allCandidates, type Candidate, type ListedValues } from './list-index.ts';
import type { ListEntry, ListsStore } from './lists.store.ts';

/** An entry that a payment is on. */
export type ListHit = {
  list: string;
  subject: ListSubject;
  effect: ListEffect;
  /** The entry as it stands in the list: for addresses the range, for cards the prefix. */
  value: string;
  reason: string;
  expiresAt: string | undefined;
};

export type FindListed = (lists: readonly ListConfig[], values: ListedValues, at: Date) => Promise<ListHit[]>;

/**
 * Which lists a payment is on. The index in memory says at once when it is on none; otherwise the entries themselves are
 * read, in one round trip, so that there are no false hits and expiry is exact.
 */
export const createFindListed = ({
  store,
  follower,
}: {
  store: Pick<ListsStore, 'confirm'>;
  follower: Pick<ListFollower, 'current'>;
}): FindListed =>
  async function findListed(lists, values, at) {
    const index = follower.current();
    const candidates = index ? index.candidates(lists, values) : allCandidates(lists, values);
    if (candidates.length === 0) return [];
    return hitsOf(lists, await store.confirm(candidates, at));
  };

/** The entries of a past moment, by the log. */
export const createFindListedAsOf = (store: Pick<ListsStore, 'asOf'>): FindListed =>
  async function findListedAsOf(lists, values, at) {
    const candidates: Candidate[] = allCandidates(lists, values);
    return candidates.length === 0 ? [] : hitsOf(lists, await store.asOf(candidates, at));
  };

/** One hit for each list, in the order of the lists: of several entries the most exact. */
function hitsOf(lists: readonly ListConfig[], entries: readonly ListEntry[]): ListHit[] {
  const hits: ListHit[] = [];
  for (const { id, subject, effect } of lists) {
    let best: ListEntry | undefined;
    for (const entry of entries)
      if (entry.list === id && (!best || exactness(entry.value) > exactness(best.value))) best = entry;
    if (best) {
      const { value, reason, expiresAt } = best;
      hits.push({ list: id, subject, effect, value, reason, expiresAt: expiresAt?.toISOString() });
    }
  }
  return hits;
}

/** Of two ranges around one address the longer prefix is the more exact; of two card prefixes the longer. */
function exactness(value: string): number {
  const slash = value.lastIndexOf('/');
  if (slash >= 0 && /^[0-9a-f.:]+\/\d+$/.test(value)) return Number(value.slice(slash + 1));
  return value.includes('.') || value.includes(':') ? 1_000 : value.length;
}
