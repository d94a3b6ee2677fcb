import { failureCodes } from '@tributary/contracts/error-code';
import type { Aggregate, CloseReason, NewEvent } from '../aggregate.ts';
import type { LimitHold, Refusal, Route, RouteLimits, RoutePlan } from '../ports.ts';
import type { Room } from '../store/counters.ts';
import { chooseRoutes, keyOf } from './choose-route.ts';
import { firstAttempt, plannedEvent } from './create-placement.ts';
import { type AttemptDecision, type DecisionTools, seal } from './decision.ts';

/** Whether a payment waits for a person before anything of it has left the house. */
export const isHeld = ({ payment }: Aggregate): boolean => payment.status === 'created' && payment.hold === 'review';

/** Who decided about a held payment, and why. */
export type Reviewer = { actor: string; reason: string };

/**
 * A person lets a held payment go on: it is planned as of now and its first attempt begins. Pure.
 * @returns undefined when it no longer waits
 */
export function approveHeld(
  before: Aggregate,
  planned: {
    plan: RoutePlan;
    limitsOf: (route: Route) => RouteLimits;
    room: (hold: LimitHold) => Room;
    durationMs: number;
    placeTimeoutMs: number;
  },
  { actor, reason }: Reviewer,
  tools: DecisionTools,
): AttemptDecision | undefined {
  if (!isHeld(before)) return undefined;
  const approved: NewEvent = { kind: 'review.approved', actor, data: { reason } };
  const limitsOf = (route: Route): RouteLimits => {
    const refusedBy = tools.full?.get(keyOf(route));
    return { ...planned.limitsOf(route), ...(refusedBy === undefined ? {} : { refusedBy }) };
  };
  const chosen = chooseRoutes(planned.plan, limitsOf, planned.room);
  const routed = plannedEvent(planned.plan, chosen, planned.durationMs);
  if (chosen.shadow.length > 0) routed.data = { ...routed.data, shadow: chosen.shadow };
  const payment = { ...before.payment, hold: null, plan: chosen.routes };
  const [route] = chosen.routes;
  if (!route) {
    return end(
      { ...before, payment },
      'failed',
      { code: 'no_route', message: failureCodes.no_route.title },
      actor,
      tools,
      [approved, routed],
      before,
    );
  }
  const { attempt, events } = firstAttempt(payment, route, planned.placeTimeoutMs, tools.now);
  const after: Aggregate = {
    ...before,
    payment: { ...payment, status: 'processing', channelId: route.channelId, accountId: route.accountId },
    attempts: [attempt],
  };
  const take = route.holds ?? [];
  const limits = take.length > 0 ? { leave: [], take } : undefined;
  return { ...seal(before, after, [approved, routed, ...events], limits, tools), next: attempt };
}

/** A person refuses a held payment. Pure; undefined when it no longer waits. */
export function rejectHeld(
  before: Aggregate,
  refusal: Refusal,
  { actor, reason }: Reviewer,
  tools: DecisionTools,
): AttemptDecision | undefined {
  if (!isHeld(before)) return undefined;
  return end(before, 'rejected', refusal, actor, tools, [{ kind: 'review.rejected', actor, data: { reason } }]);
}

/** Nobody decided in time, or the merchant took it back. Pure; undefined when it no longer waits. */
export function closeHeld(
  before: Aggregate,
  reason: CloseReason,
  actor: string,
  tools: DecisionTools,
): AttemptDecision | undefined {
  if (!isHeld(before)) return undefined;
  return end(before, 'closed', { code: reason, message: failureCodes[reason].title }, actor, tools, []);
}

function end(
  held: Aggregate,
  status: 'rejected' | 'failed' | 'closed',
  { code, message, payerMessage }: Refusal,
  actor: string,
  tools: DecisionTools,
  told: NewEvent[],
  before: Aggregate = held,
): AttemptDecision {
  const after: Aggregate = {
    ...held,
    payment: {
      ...held.payment,
      status,
      hold: null,
      failureCode: code,
      failureMessage: message,
      payerMessage: payerMessage ?? null,
    },
  };
  const ended: NewEvent = { kind: `payment.${status}`, from: 'created', to: status, actor, data: { code } };
  return seal(before, after, [...told, ended], 'release', tools);
}
