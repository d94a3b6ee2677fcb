import { createHash } from 'node:crypto';
import type { EventOf } from '@tributary/rules/parse';
import type { FiredRule } from '@tributary/rules/rule-set';
import type { RouteCandidate } from '../payments/ports.ts';
import type { routingEvents } from './events.ts';

type RoutingRule = FiredRule<EventOf<typeof routingEvents>>;

/** One account that could take the payment, or why it can't. */
export type Candidate = {
  channelId: string;
  accountId: string;
  /** Why it can't, as a stable code. */
  dropped: string | undefined;
  priority: number;
  feeBps: number;
  /** Its channel's breaker would refuse an order now. */
  resting?: boolean;
};

/** Most routes in a plan: each further attempt keeps the payer waiting longer. */
export const maxRoutes = 3;

/**
 * Orders the candidates. Pure: rules take out, prefer or re-prioritise (the first rule that says something about a
 * candidate's exclusion or priority counts, as rules come in order of priority); then preferred first, lower priority
 * first, cheaper first; equals share the load by a hash of `spread`, the same for the same payment every time. Resting
 * candidates are left out while there is another; when there is none they stay, for by the time they are called their
 * rest may be over.
 */
export function rank(
  candidates: readonly Candidate[],
  fired: readonly RoutingRule[],
  spread: string,
): { order: Candidate[]; judged: RouteCandidate[] } {
  const { order, ruled } = orderCandidates(candidates, fired, spread);
  const judged = [...order, ...ruled.filter(({ dropped }) => dropped !== undefined)].map((one): RouteCandidate => {
    const place = order.indexOf(one);
    return {
      channelId: one.channelId,
      accountId: one.accountId,
      kept: place >= 0 && place < maxRoutes,
      reason: one.dropped ?? (place === 0 ? 'chosen' : place < maxRoutes ? `reserve:${place}` : 'not_needed'),
      priority: one.priority,
      ...(one.priority === one.ownPriority ? {} : { ownPriority: one.ownPriority }),
      feeBps: one.feeBps,
    };
  });
  return { order: order.slice(0, maxRoutes), judged };
}

/** The order alone, for those who need no word about each candidate. */
export function orderCandidates(candidates: readonly Candidate[], fired: readonly RoutingRule[], spread: string) {
  const ruled = candidates.map((candidate) => applyRules(candidate, fired));
  // Hashed only when two are equal: most plans are decided before that.
  const tieOf = ({ accountId }: Candidate) => createHash('sha1').update(`${spread}|${accountId}`).digest('hex');
  if (ruled.some(({ dropped, resting }) => dropped === undefined && !resting))
    for (const one of ruled) if (one.resting) one.dropped ??= 'breaker_open';
  const order = ruled
    .filter(({ dropped }) => dropped === undefined)
    .sort(
      (a, b) =>
        Number(b.preferred) - Number(a.preferred) ||
        a.priority - b.priority ||
        a.feeBps - b.feeBps ||
        (tieOf(a) < tieOf(b) ? -1 : 1),
    );
  return { order, ruled };
}

function applyRules(candidate: Candidate, fired: readonly RoutingRule[]) {
  const { channelId: ofChannel, accountId: ofAccount, dropped, priority, feeBps } = candidate;
  const ruled = {
    channelId: ofChannel,
    accountId: ofAccount,
    dropped,
    priority,
    feeBps,
    resting: candidate.resting === true,
    ownPriority: priority,
    preferred: false,
  };
  let prioritised = false;
  for (const { id, event } of fired) {
    const { channelId, accountId } = event.params;
    if (channelId !== undefined && channelId !== candidate.channelId) continue;
    if (accountId !== undefined && accountId !== candidate.accountId) continue;
    if (event.type === 'exclude') ruled.dropped ??= `rule:${id}`;
    else if (event.type === 'prefer') ruled.preferred = true;
    else if (!prioritised) {
      ruled.priority = event.params.priority;
      prioritised = true;
    }
  }
  return ruled;
}
