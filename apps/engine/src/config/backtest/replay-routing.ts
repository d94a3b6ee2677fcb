import type { BacktestAssumption } from '@tributary/contracts/backtest';
import type { RoutingRules } from '../../routing/plan-route.ts';
import { type Candidate, orderCandidates } from '../../routing/rank.ts';
import { contextOf, createRoutingFacts } from './rebuild-facts.ts';
import { channelThen, type RecordedPayment, type RecordedRouting } from './recorded-payment.ts';
import type { Replay, Replayed } from './replay.ts';

/** A channel's price and place in the order today, for records that do not name them. */
export type ChannelToday = { feeBps: number; priority: number };

/** Reasons that rules or the order gave; every other one (switched off, amount band, …) holds for a replay as well. */
const isByRules = (reason: string): boolean =>
  reason === 'chosen' || reason === 'not_needed' || reason.startsWith('reserve:') || reason.startsWith('rule:');

/**
 * Plans recorded payments by other routing rules, among the accounts that could be had then. Which channel would have
 * been next after a failure is not asked: the first choice is compared. Pure.
 */
export function createRoutingReplay(
  { set }: Pick<RoutingRules, 'set'>,
  timeZoneOf: (merchantId: string) => string,
  channels: ReadonlyMap<string, ChannelToday>,
): Replay {
  const rebuild = createRoutingFacts(set.requiredFacts);
  return function replay(payment): Replayed {
    const { routing } = payment;
    if (!routing) return notPlanned(payment);
    const { facts, missing } = rebuild(payment, contextOf(payment, timeZoneOf(payment.merchantId)));
    if (missing.length > 0) return { kind: 'not_replayable', facts: missing };
    const fired = set.matches(facts as Parameters<typeof set.matches>[0]);
    const assumed: BacktestAssumption[] = [];
    const candidates = candidatesThen(routing, channels, assumed);
    const { order } = orderCandidates(candidates, fired, `${payment.merchantId}|${payment.merchantOrderNo}`);
    const [first] = order;
    return {
      kind: 'replayed',
      verdict: first?.channelId ?? 'none',
      fired: fired.map(({ id }) => id),
      assumed,
      account: first && { accountId: first.accountId, feeBps: first.feeBps },
    };
  };
}

/** What was planned then. */
export const createRecordedRouting = (channels: ReadonlyMap<string, ChannelToday>): Replay =>
  function recorded(payment): Replayed {
    const { routing } = payment;
    if (!routing) return notPlanned(payment);
    const first = routing.routes[0];
    const candidate = routing.candidates.find(({ accountId }) => accountId === first?.accountId);
    return {
      kind: 'replayed',
      verdict: channelThen(routing),
      fired: routing.fired.map(({ id }) => id),
      assumed: [],
      account: first && {
        accountId: first.accountId,
        feeBps: candidate?.feeBps ?? channels.get(first.channelId)?.feeBps ?? 0,
      },
    };
  };

const notPlanned = ({ risk }: RecordedPayment): Replayed => ({
  kind: 'passed_over',
  why: risk ? 'notRouted' : 'noDecision',
});

/** The accounts that could be had then, as if no rule had said anything; `assumed` collects what is not in the record. */
export function candidatesThen(
  { candidates }: RecordedRouting,
  channels: ReadonlyMap<string, ChannelToday>,
  assumed: BacktestAssumption[],
): Candidate[] {
  return candidates.map(({ channelId, accountId, reason, priority, ownPriority, feeBps }) => {
    const dropped = isByRules(reason) ? undefined : reason;
    if (dropped !== undefined) assume(assumed, 'channels_as_then');
    // Where prices were recorded, priorities were too, and an own one is only named when a rule had changed it.
    if (feeBps !== undefined) return { channelId, accountId, dropped, priority: ownPriority ?? priority, feeBps };
    assume(assumed, 'fee_from_today');
    assume(assumed, 'priority_from_today');
    const today = channels.get(channelId);
    return { channelId, accountId, dropped, priority: today?.priority ?? priority, feeBps: today?.feeBps ?? 0 };
  });
}

function assume(assumed: BacktestAssumption[], code: BacktestAssumption): void {
  if (!assumed.includes(code)) assumed.push(code);
}
