import { failureCodes } from '@tributary/contracts/error-code';
import { newPaymentId, requestNoOf } from '../../platform/ids.ts';
import type { Clock } from '../../platform/ports/clock.ts';
import type { AttemptState, NewEvent, PaymentState } from '../aggregate.ts';
import type { IdempotencyClaim, MerchantCaller } from '../operations.ts';
import type {
  LimitHold,
  PaymentContext,
  PlannedRoute,
  Refusal,
  RiskDecision,
  Route,
  RouteLimits,
  RoutePlan,
} from '../ports.ts';
import type { Room } from '../store/counters.ts';
import type { DecidedPlacement, Placement } from '../store/place-group.ts';
import { chooseRoutes, keyOf, seeRoom, shownHold } from './choose-route.ts';

export type PlacementInput = {
  caller: MerchantCaller;
  claim: IdempotencyClaim;
  context: PaymentContext;
  risk: RiskDecision;
  /** None when risk refuses or holds the payment. */
  plan: RoutePlan | undefined;
  durations: { access: number; risk: number; routing: number };
  clock: Clock;
};

/** Everything the first commit writes, whichever limits have room by then. */
export function createPlacement(input: PlacementInput): Placement {
  const { claim, context, risk, plan } = input;
  const payment = newPayment(input);
  const limitsOf = limitsOfRoutes(risk, plan);
  const ranked = plan?.ranked ?? plan?.routes ?? [];
  return {
    claim,
    paymentId: payment.id,
    amount: payment.amount,
    expiresInSeconds: expiresInSecondsOf(context),
    counters: [...risk.holds, ...ranked.flatMap((route) => limitsOf(route).holds)],
    decide: (room) => decide(input, payment, limitsOf, room),
  };
}

/** What limits say of each route, asked once. */
function limitsOfRoutes(risk: RiskDecision, plan: RoutePlan | undefined): (route: Route) => RouteLimits {
  const none: RouteLimits = { holds: [], shadow: [] };
  const { limitsOfRoute } = risk;
  if (!limitsOfRoute || !plan) return () => none;
  const known = new Map((plan.ranked ?? plan.routes).map((route) => [keyOf(route), limitsOfRoute(route)]));
  return (route) => known.get(keyOf(route)) ?? none;
}

function decide(
  input: PlacementInput,
  payment: PaymentState,
  limitsOf: (route: Route) => RouteLimits,
  room: (hold: LimitHold) => Room,
): DecidedPlacement {
  const { risk, plan } = input;
  const received = receivedEvent(input);
  if (risk.outcome === 'reject') {
    const refusal = risk.failure ?? { code: 'risk_rejected' as const, message: failureCodes.risk_rejected.title };
    return ended(payment, 'rejected', refusal, [received, judgedEvent(input, {})]);
  }
  const whole = seeRoom(risk.holds, room);
  const shadow = [...(risk.shadow ?? []), ...whole.shadow];
  if (whole.full) {
    const { hold, ...used } = whole.full;
    const refusal = hold.refusal ?? { code: 'risk_daily_limit', message: failureCodes.risk_daily_limit.title };
    const judged = judgedEvent(input, {
      outcome: 'reject',
      decidedBy: { kind: 'limit', id: hold.limitId },
      failure: refusal,
      exhausted: { ...shownHold(hold), ...used },
      ...(shadow.length > 0 ? { shadow } : {}),
    });
    return ended(payment, 'rejected', refusal, [received, judged]);
  }
  if (risk.outcome === 'hold') {
    const held: NewEvent = { kind: 'payment.held', actor: 'risk', data: { decidedBy: risk.decidedBy } };
    const events = [received, judgedEvent(input, shadow.length > 0 ? { shadow } : {}), held];
    return written({ ...payment, status: 'created', hold: 'review' }, [], events, whole.holds);
  }
  if (!plan) throw new Error('a payment that goes on needs a plan');
  const chosen = chooseRoutes(plan, limitsOf, room);
  shadow.push(...chosen.shadow);
  const [route] = chosen.routes;
  const told = [
    received,
    judgedEvent(input, shadow.length > 0 ? { shadow } : {}),
    plannedEvent(plan, chosen, input.durations.routing),
  ];
  if (!route) return ended(payment, 'failed', { code: 'no_route', message: failureCodes.no_route.title }, told);
  const { attempt, events } = firstAttempt(payment, route, input.context.service.placeTimeoutMs, input.context.at);
  const started: PaymentState = {
    ...payment,
    status: 'processing',
    channelId: route.channelId,
    accountId: route.accountId,
    plan: chosen.routes,
  };
  return written(started, [attempt], [...told, ...events], [...whole.holds, ...(route.holds ?? [])]);
}

const written = (
  payment: PaymentState,
  attempts: AttemptState[],
  events: NewEvent[],
  holds: LimitHold[],
): DecidedPlacement => ({
  aggregate: { payment: { ...payment, version: events.length }, attempts, refunds: [] },
  events,
  holds,
});

function ended(
  payment: PaymentState,
  status: 'rejected' | 'failed',
  { code, message, payerMessage }: Refusal,
  events: NewEvent[],
): DecidedPlacement {
  const end: NewEvent = { kind: `payment.${status}`, from: 'created', to: status, actor: 'system', data: { code } };
  const over = { ...payment, status, failureCode: code, failureMessage: message, payerMessage: payerMessage ?? null };
  return written(over, [], [...events, end], []);
}

/** The first try of a payment that has been created, and the events that begin it. */
export function firstAttempt(
  payment: PaymentState,
  { channelId, accountId }: PlannedRoute,
  placeTimeoutMs: number,
  at: Date,
): { attempt: AttemptState; events: NewEvent[] } {
  const requestNo = requestNoOf(payment.id, 1);
  return {
    attempt: {
      channelId,
      accountId,
      no: 1,
      requestNo,
      status: 'sending',
      winner: false,
      amount: payment.amount,
      currency: payment.currency,
      channelTxn: null,
      resultCode: null,
      resultMessage: null,
      // Only matters if this process dies: the reply sets the schedule otherwise.
      nextSyncAt: new Date(at.getTime() + placeTimeoutMs + 5_000),
      syncStep: 0,
      sentAt: at,
      reversing: false,
      seen: false,
      notFoundSince: null,
    },
    events: [
      { kind: 'payment.processing', from: 'created', to: 'processing', actor: 'system' },
      {
        kind: 'attempt.sending',
        attemptNo: 1,
        to: 'sending',
        actor: 'system',
        data: { channelId, accountId, requestNo },
      },
    ],
  };
}

export const plannedEvent = (
  plan: RoutePlan,
  { routes, candidates }: Pick<ReturnType<typeof chooseRoutes>, 'routes' | 'candidates'>,
  durationMs: number,
): NewEvent => ({
  kind: 'routing.planned',
  actor: 'routing',
  durationMs,
  data: {
    ruleSetVersion: plan.ruleSetVersion,
    fired: plan.fired,
    facts: plan.facts,
    routes: routes.map(({ channelId, accountId, holds }) => ({
      channelId,
      accountId,
      ...(holds ? { limits: holds.map(shownHold) } : {}),
    })),
    candidates,
  },
});

const receivedEvent = ({ caller, context, durations, clock }: PlacementInput): NewEvent => ({
  kind: 'payment.received',
  to: 'created',
  actor: `key:${caller.keyId}`,
  durationMs: durations.access,
  ageMs: clock.monotonicMs() - caller.receivedAtMs,
  data: {
    requestId: caller.requestId,
    serviceId: context.service.id,
    amount: context.request.amount,
    currency: context.request.currency,
    configVersion: context.snapshot.version.toString(),
  },
});

/** @param own what the first commit found out over what risk had decided */
const judgedEvent = ({ risk, durations }: PlacementInput, own: Record<string, unknown>): NewEvent => ({
  kind: 'risk.decided',
  actor: 'risk',
  durationMs: durations.risk,
  ageMs: durations.routing,
  data: {
    outcome: risk.outcome,
    ruleSetVersion: risk.ruleSetVersion,
    fired: risk.fired,
    facts: risk.facts,
    ...(risk.lists ? { lists: risk.lists } : {}),
    ...(risk.factFailure ? { factFailure: risk.factFailure } : {}),
    limits: risk.holds.map(shownHold),
    ...(risk.decidedBy ? { decidedBy: risk.decidedBy } : {}),
    ...(risk.failure ? { failure: risk.failure } : {}),
    ...(risk.shadow ? { shadow: risk.shadow } : {}),
    ...own,
  },
});

const expiresInSecondsOf = ({ request, service }: PaymentContext): number =>
  request.expiresInSeconds ?? service.expiresInSeconds;

function newPayment({ caller, context }: PlacementInput): PaymentState {
  const { request, service, at } = context;
  // The auth code is good for one payment and is a secret of the payer: it goes to the channel and nowhere else.
  const { authCode: _, ...payer } = request.payer ?? {};
  return {
    id: newPaymentId(at.getTime()),
    merchantId: caller.merchant.id,
    merchantOrderNo: request.merchantOrderNo,
    serviceId: service.id,
    product: service.product,
    status: 'created',
    amount: context.amount.amountMinor,
    currency: request.currency,
    subject: request.subject,
    payer,
    notifyUrl: request.notifyUrl ?? null,
    returnUrl: request.returnUrl ?? null,
    metadata: request.metadata ?? null,
    channelId: null,
    accountId: null,
    channelTxn: null,
    credential: null,
    failureCode: null,
    failureMessage: null,
    payerMessage: null,
    refundedAmount: 0n,
    hold: null,
    closeReason: null,
    plan: [],
    version: 0,
    traceId: caller.traceId,
    createdAt: at,
    updatedAt: at,
    expiresAt: new Date(at.getTime() + expiresInSecondsOf(context) * 1000),
    succeededAt: null,
  };
}
