import type { ProductNeeds } from '@tributary/channels/channel-adapter';
import type { CreatePayment } from '@tributary/contracts/payment';
import type { ServiceConfig } from '@tributary/contracts/service-config';
import type { ConfigSnapshot } from '../config/snapshot.ts';
import { AppError, type FieldError } from '../platform/app-error.ts';
import type { Failpoint } from '../platform/failpoints.ts';
import type { Clock } from '../platform/ports/clock.ts';
import { type Aggregate, attemptOf, type PaymentState } from './aggregate.ts';
import { createPlacement } from './decide/create-placement.ts';
import { findAnswer } from './idempotency.ts';
import type { IdempotencyClaim, MerchantCaller, PlacePayment, StoredAnswer } from './operations.ts';
import type { AssessRisk, PaymentContext, PlanRoute } from './ports.ts';
import type { SendPayment } from './send.ts';
import type { PaymentStore } from './store/payments.store.ts';
import type { Placement } from './store/place-group.ts';
import { viewPayment } from './view.ts';

export type PlaceDeps = {
  store: PaymentStore;
  assessRisk: AssessRisk;
  planRoute: PlanRoute;
  sendPayment: SendPayment;
  clock: Clock;
  /** What a channel needs to place a service's payments; undefined when it does not speak the product. */
  needsOf: (snapshot: ConfigSnapshot, channelId: string, service: ServiceConfig) => ProductNeeds | undefined;
  onStage?: (stage: 'access' | 'risk' | 'routing' | 'first_commit', ms: number) => void;
  onPlaced?: (aggregate: Aggregate) => void;
  failpoint?: Failpoint;
};

/** The life of a payment from the request to the answer: judge, plan, commit, call, commit. */
export function createPlacePayment(deps: PlaceDeps): PlacePayment {
  const { store, clock } = deps;

  return async function placePayment(caller, claim, request): Promise<StoredAnswer> {
    const rebuild = async (id: string) => {
      const aggregate = await store.load(id);
      return aggregate && created(aggregate.payment);
    };
    let service: ServiceConfig;
    try {
      service = serviceFor(caller, request, deps.needsOf);
    } catch (error) {
      // The first request under this key may have been taken before the configuration changed: then its answer holds.
      const answer = await findAnswer(store, caller, claim, rebuild);
      if (answer) return answer;
      throw error;
    }

    const placement = await judge(caller, claim, request, service);
    const committing = clock.monotonicMs();
    const outcome = await store.place(placement);
    deps.onStage?.('first_commit', clock.monotonicMs() - committing);
    if (outcome.kind === 'key_taken') {
      const answer = await findAnswer(store, caller, claim, rebuild);
      return answer ?? placePayment(caller, claim, request);
    }
    if (outcome.kind === 'order_taken') {
      await store.freeKey(caller.merchant.id, claim.key, placement.paymentId);
      const existing = await store.findByOrderNo(caller.merchant.id, request.merchantOrderNo);
      throw new AppError(
        'merchant_order_no_taken',
        `merchantOrderNo ${request.merchantOrderNo} belongs to payment ${existing ?? 'unknown'}`,
        {
          errors: [{ path: 'merchantOrderNo', message: 'was used by another payment' }],
        },
      );
    }

    deps.failpoint?.('place.after_first_commit');
    deps.onPlaced?.(outcome.aggregate);
    const first = attemptOf(outcome.aggregate, 1);
    if (!first) return finish(caller, claim, outcome.aggregate);
    const sent = await deps.sendPayment({
      placed: outcome.aggregate,
      first,
      payer: request.payer,
      timeoutMs: service.placeTimeoutMs,
      answer: (after) => ({ merchantId: caller.merchant.id, key: claim.key, ...created(after.payment) }),
    });
    if (!sent.answerKept) return finish(caller, claim, sent.aggregate);
    return { ...created(sent.aggregate.payment), replayed: false };
  };

  /** Risk and routing: everything that is known before the first commit. */
  async function judge(
    caller: MerchantCaller,
    claim: IdempotencyClaim,
    request: CreatePayment,
    service: ServiceConfig,
  ): Promise<Placement> {
    const started = clock.monotonicMs();
    const context: PaymentContext = {
      snapshot: caller.snapshot,
      merchant: caller.merchant,
      service,
      request,
      amount: { amountMinor: BigInt(request.amount), currency: request.currency },
      at: clock.now(),
    };
    const risk = await deps.assessRisk(context);
    const judged = clock.monotonicMs();
    const goesOn = risk.outcome === 'approve' || risk.outcome === 'review';
    const plan = goesOn ? await deps.planRoute(context) : undefined;
    const planned = clock.monotonicMs();
    deps.onStage?.('access', started - caller.receivedAtMs);
    deps.onStage?.('risk', judged - started);
    deps.onStage?.('routing', planned - judged);
    const durations = { access: started - caller.receivedAtMs, risk: judged - started, routing: planned - judged };
    return createPlacement({ caller, claim, context, risk, plan, durations, clock });
  }

  /** Keeps the answer of a payment that needed no second commit (refused, held, or settled by a callback meanwhile). */
  async function finish(caller: MerchantCaller, claim: IdempotencyClaim, aggregate: Aggregate): Promise<StoredAnswer> {
    const answer = created(aggregate.payment);
    await store.keepAnswer({ merchantId: caller.merchant.id, key: claim.key, ...answer });
    return { ...answer, replayed: false };
  }
}

const created = (payment: PaymentState) => ({ status: 201, body: JSON.stringify(viewPayment(payment)) });

/** @throws AppError service_unavailable, currency_not_allowed, amount_out_of_range, invalid_request */
function serviceFor(
  { merchant, snapshot }: MerchantCaller,
  request: CreatePayment,
  needsOf: PlaceDeps['needsOf'],
): ServiceConfig {
  const service = snapshot.services.get(request.serviceId);
  const open = merchant.serviceIds.length === 0 || merchant.serviceIds.includes(request.serviceId);
  if (!service?.enabled || !open) {
    throw new AppError('service_unavailable', `service ${request.serviceId} is not available`, {
      errors: [{ path: 'serviceId', message: 'is unknown, switched off or not open to you' }],
    });
  }
  if (!service.currencies.includes(request.currency)) {
    throw new AppError('currency_not_allowed', `${service.id} takes ${service.currencies.join(', ')}`, {
      errors: [{ path: 'currency', message: `must be one of ${service.currencies.join(', ')}` }],
    });
  }
  if (request.amount < service.minAmount || request.amount > service.maxAmount) {
    throw new AppError(
      'amount_out_of_range',
      `${service.id} takes ${service.minAmount} to ${service.maxAmount} minor units`,
      {
        errors: [{ path: 'amount', message: `must be between ${service.minAmount} and ${service.maxAmount}` }],
      },
    );
  }
  const needs = service.channelIds.flatMap((channelId) => needsOf(snapshot, channelId, service) ?? []);
  const missing = missingFields(needs, request);
  if (missing.length > 0) throw new AppError('invalid_request', `${service.id} needs more fields`, { errors: missing });
  return service;
}

/** What no channel of the service can do without. Routing leaves out channels that need more than there is. */
function missingFields([first, ...others]: ProductNeeds[], { payer }: CreatePayment): FieldError[] {
  return (first?.payer ?? [])
    .filter((field) => payer?.[field] === undefined && others.every((needs) => needs.payer.includes(field)))
    .map((field) => ({ path: `payer.${field}`, message: 'is required by this service' }));
}
