import type { Aggregate, AttemptState } from '../aggregate.ts';
import type { LimitHold, PlannedRoute } from '../ports.ts';
import { counterKey } from '../store/counters.ts';
import { keyOf } from './choose-route.ts';
import type { DecisionTools } from './decision.ts';

/**
 * The next route that was not tried and is not full, the full ones that it is taken before, and how the payment's
 * reservations move: those over the old route are given back, those over the new one are taken, shared ones stay.
 */
export function nextRoute({ payment, attempts }: Aggregate, { full }: DecisionTools) {
  const tried = new Set(attempts.map(keyOf));
  const passed: { channelId: string; accountId: string; reason: string }[] = [];
  for (const route of payment.plan) {
    if (tried.has(keyOf(route))) continue;
    const limitId = full?.get(keyOf(route));
    if (limitId === undefined) {
      const from = holdsOfLast(payment.plan, attempts);
      const to = route.holds ?? [];
      const leave = from.filter((hold) => !to.some((other) => counterKey(other) === counterKey(hold)));
      const take = to.filter((hold) => !from.some((other) => counterKey(other) === counterKey(hold)));
      return { route, passed, limits: leave.length + take.length > 0 ? { leave, take } : undefined };
    }
    passed.push({ channelId: route.channelId, accountId: route.accountId, reason: `limit:${limitId}` });
  }
  return undefined;
}

function holdsOfLast(plan: PlannedRoute[], attempts: AttemptState[]): LimitHold[] {
  const last = attempts.reduce<AttemptState | undefined>((a, b) => (a && a.no > b.no ? a : b), undefined);
  return plan.find((route) => last && keyOf(route) === keyOf(last))?.holds ?? [];
}
