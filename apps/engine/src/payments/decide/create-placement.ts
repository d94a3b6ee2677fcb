import { failureCodes } from '@tributary/contracts/error-code';
import { newPaymentId, requestNoOf } from '../../platform/ids.ts';
import type { Clock } from '../../platform/ports/clock.ts';
import type { AttemptState, NewEvent, PaymentState } from '../aggregate.ts';
import type { IdempotencyClaim, MerchantCaller } from '../operations.ts';
import type { LimitHold, PaymentContext, RiskDecision, RoutePlan } from '../ports.ts';
import type { Placement } from '../store/payments.store.ts';

/** Everything the first commit writes, with the variant in which a limit refuses the payment. */
export function createPlacement({
  caller,
  claim,
  context,
  risk,
  plan,
  durations,
  clock,
}: {
  caller: MerchantCaller;
  claim: IdempotencyClaim;
  context: PaymentContext;
  risk: RiskDecision;
  plan: RoutePlan | undefined;
  durations: { access: number; risk: number; routing: number };
  clock: Clock;
}): Placement {
  const { request, service, at } = context;
  const id = newPaymentId(at.getTime());
  const route = plan?.routes[0];
  const expiresInSeconds = request.expiresInSeconds ?? service.expiresInSeconds;
  const failure =
    risk.outcome === 'reject'
      ? (risk.failure ?? { code: 'risk_rejected' as const, message: failureCodes.risk_rejected.title })
      : route
        ? undefined
        : { code: 'no_route' as const, message: failureCodes.no_route.title };
  // The auth code is good for one payment and is a secret of the payer: it goes to the channel and nowhere else.
  const { authCode: _, ...payer } = request.payer ?? {};
  const status = route ? 'processing' : risk.outcome === 'reject' ? 'rejected' : 'failed';
  const received: NewEvent = {
    kind: 'payment.received',
    to: 'created',
    actor: `key:${caller.keyId}`,
    durationMs: durations.access,
    ageMs: clock.monotonicMs() - caller.receivedAtMs,
    data: {
      requestId: caller.requestId,
      serviceId: service.id,
      amount: request.amount,
      currency: request.currency,
      configVersion: context.snapshot.version.toString(),
    },
  };
  const judged: NewEvent = {
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
      ...(risk.failure ? { failure: risk.failure } : {}),
    },
  };
  const planned: NewEvent[] = plan
    ? [
        {
          kind: 'routing.planned',
          actor: 'routing',
          durationMs: durations.routing,
          data: {
            ruleSetVersion: plan.ruleSetVersion,
            fired: plan.fired,
            facts: plan.facts,
            routes: plan.routes,
            candidates: plan.candidates,
          },
        },
      ]
    : [];
  const ended = (to: string, code: string): NewEvent => ({
    kind: `payment.${to}`,
    from: 'created',
    to,
    actor: 'system',
    data: { code },
  });
  const sending: NewEvent[] = route
    ? [
        { kind: 'payment.processing', from: 'created', to: 'processing', actor: 'system' },
        {
          kind: 'attempt.sending',
          attemptNo: 1,
          to: 'sending',
          actor: 'system',
          data: { ...route, requestNo: requestNoOf(id, 1) },
        },
      ]
    : [ended(status, failure?.code ?? 'no_route')];

  const payment: PaymentState = {
    id,
    merchantId: caller.merchant.id,
    merchantOrderNo: request.merchantOrderNo,
    serviceId: service.id,
    product: service.product,
    status,
    amount: context.amount.amountMinor,
    currency: request.currency,
    subject: request.subject,
    payer: payer as PaymentState['payer'],
    notifyUrl: request.notifyUrl ?? null,
    returnUrl: request.returnUrl ?? null,
    metadata: request.metadata ?? null,
    channelId: route?.channelId ?? null,
    accountId: route?.accountId ?? null,
    channelTxn: null,
    credential: null,
    failureCode: failure?.code ?? null,
    failureMessage: failure?.message ?? null,
    refundedAmount: 0n,
    hold: null,
    closeReason: null,
    plan: plan?.routes ?? [],
    version: 0,
    traceId: caller.traceId,
    createdAt: at,
    updatedAt: at,
    expiresAt: new Date(at.getTime() + expiresInSeconds * 1000),
    succeededAt: null,
  };
  const attempts: AttemptState[] = route
    ? [
        {
          ...route,
          no: 1,
          requestNo: requestNoOf(id, 1),
          status: 'sending',
          winner: false,
          amount: payment.amount,
          currency: payment.currency,
          channelTxn: null,
          resultCode: null,
          resultMessage: null,
          // Only matters if this process dies: the reply sets the schedule otherwise.
          nextSyncAt: new Date(at.getTime() + service.placeTimeoutMs + 5_000),
          syncStep: 0,
          sentAt: at,
        },
      ]
    : [];
  const build = (own: PaymentState, tries: AttemptState[], events: NewEvent[], holds: LimitHold[]): Placement => ({
    claim,
    aggregate: { payment: { ...own, version: events.length }, attempts: tries, refunds: [] },
    events,
    expiresInSeconds,
    holds,
    refusedBy: (hold, used) => {
      const limited: NewEvent = {
        ...judged,
        data: {
          ...judged.data,
          outcome: 'reject',
          exhausted: { ...shownHold(hold), usedAmount: used.amount.toString(), usedCount: used.count },
        },
      };
      const refused: PaymentState = {
        ...own,
        status: 'rejected',
        channelId: null,
        accountId: null,
        failureCode: 'risk_daily_limit',
        failureMessage: failureCodes.risk_daily_limit.title,
      };
      return build(refused, [], [received, limited, ended('rejected', 'risk_daily_limit')], []);
    },
  });
  return build(payment, attempts, [received, judged, ...planned, ...sending], route ? risk.holds : []);
}

const shownHold = (hold: LimitHold) => ({
  limitId: hold.limitId,
  name: hold.name,
  scopeKey: hold.scopeKey,
  windowStart: hold.windowStart,
  maxAmount: hold.maxAmount?.toString(),
  maxCount: hold.maxCount,
});
