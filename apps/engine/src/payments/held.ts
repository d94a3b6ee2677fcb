import { failureCodes } from '@tributary/contracts/error-code';
import type { Payment } from '@tributary/contracts/payment';
import type { ConfigSnapshot } from '../config/snapshot.ts';
import { AppError } from '../platform/app-error.ts';
import type { Pool } from '../platform/db.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { Aggregate, PaymentState } from './aggregate.ts';
import { approveHeld, closeHeld, isHeld, type Reviewer, rejectHeld } from './decide/decide-held.ts';
import type { PaymentContext, PlanRoute, Route, RouteLimits } from './ports.ts';
import type { Recorder } from './record-result.ts';
import type { SendPayment } from './send.ts';
import { readUsage } from './store/counters.ts';
import type { PaymentStore } from './store/payments.store.ts';
import { viewPayment } from './view.ts';

export type HeldDeps = {
  pool: Pool;
  store: PaymentStore;
  recorder: Recorder;
  planRoute: PlanRoute;
  /** What limits say of routes of a payment. */
  limitsOfRoute: (context: PaymentContext) => (route: Route) => RouteLimits;
  sendPayment: SendPayment;
  /** The configuration under which a merchant's payments are decided now. */
  snapshotFor: (merchantId: string) => ConfigSnapshot;
  clock: Clock;
};

export type HeldPayments = ReturnType<typeof createHeldPayments>;

const expiredAtOnce = 100;

/** Payments that wait for a person: let go on, refused, or closed when nobody decided in time. */
export function createHeldPayments(deps: HeldDeps) {
  const { pool, store, recorder, clock } = deps;

  /**
   * Lets a payment go on: routing and channel, as if it had just come in.
   * @throws AppError not_found, conflict (it no longer waits, has expired, or its merchant or service may not go on)
   */
  async function approve(paymentId: string, reviewer: Reviewer): Promise<Payment> {
    const held = await mustWait(paymentId);
    const context = contextOf(held.payment);
    const limitsOf = deps.limitsOfRoute(context);
    const started = clock.monotonicMs();
    const plan = await deps.planRoute(context);
    const durationMs = clock.monotonicMs() - started;
    const holds = (plan.ranked ?? plan.routes).flatMap((route) => limitsOf(route).holds);
    const usage = await readUsage(pool, holds);
    const { placeTimeoutMs } = context.service;
    const room = (hold: (typeof holds)[number]) => usage.room(hold, held.payment.amount);
    const recorded = await recorder.decideAndSave(paymentId, undefined, (before, tools) =>
      tools.now >= before.payment.expiresAt
        ? undefined
        : approveHeld(before, { plan, limitsOf, room, durationMs, placeTimeoutMs }, reviewer, tools),
    );
    if (recorded.outcome !== 'changed' || !recorded.aggregate) throw noLongerWaits();
    const { aggregate, next } = recorded;
    if (!next) return viewPayment(aggregate.payment);
    const sent = await deps.sendPayment({
      placed: aggregate,
      first: next,
      payer: aggregate.payment.payer,
      timeoutMs: placeTimeoutMs,
    });
    return viewPayment(sent.aggregate.payment);
  }

  /** @throws AppError not_found, conflict */
  async function reject(
    paymentId: string,
    reviewer: Reviewer & { messageForMerchant?: string; messageForPayer?: string },
  ): Promise<Payment> {
    await mustWait(paymentId);
    const { messageForMerchant, messageForPayer } = reviewer;
    const refusal = {
      code: 'risk_rejected' as const,
      message: messageForMerchant ?? failureCodes.risk_rejected.title,
      ...(messageForPayer === undefined ? {} : { payerMessage: messageForPayer }),
    };
    const recorded = await recorder.decideAndSave(paymentId, undefined, (before, tools) =>
      rejectHeld(before, refusal, reviewer, tools),
    );
    if (recorded.outcome !== 'changed' || !recorded.aggregate) throw noLongerWaits();
    return viewPayment(recorded.aggregate.payment);
  }

  /** Closes what has waited past its time, by Postgres' clock. @returns how many */
  async function closeExpired(): Promise<number> {
    const { rows } = await pool.query({
      name: 'held-expired',
      text: `SELECT id FROM payments WHERE status = 'created' AND expires_at <= now() ORDER BY expires_at LIMIT $1`,
      values: [expiredAtOnce],
    });
    let closed = 0;
    for (const { id } of rows) {
      const { outcome } = await recorder.decideAndSave(id, undefined, (before, tools) =>
        closeHeld(before, 'expired', 'system', tools),
      );
      if (outcome === 'changed') closed++;
    }
    return closed;
  }

  async function mustWait(paymentId: string): Promise<Aggregate> {
    const aggregate = await store.load(paymentId);
    if (!aggregate) throw new AppError('not_found', 'there is no such payment');
    if (!isHeld(aggregate)) throw noLongerWaits();
    return aggregate;
  }

  function contextOf(payment: PaymentState): PaymentContext {
    const snapshot = deps.snapshotFor(payment.merchantId);
    const merchant = snapshot.merchants.get(payment.merchantId);
    const service = snapshot.services.get(payment.serviceId);
    if (!merchant?.active) throw new AppError('conflict', `merchant ${payment.merchantId} is suspended`);
    if (!service?.enabled) throw new AppError('conflict', `service ${payment.serviceId} is switched off`);
    return {
      snapshot,
      merchant,
      service,
      amount: { amountMinor: payment.amount, currency: payment.currency },
      at: clock.now(),
      request: {
        merchantOrderNo: payment.merchantOrderNo,
        serviceId: payment.serviceId,
        amount: Number(payment.amount),
        currency: payment.currency,
        subject: payment.subject,
        payer: payment.payer,
      },
    };
  }

  return { approve, reject, closeExpired };
}

const noLongerWaits = () => new AppError('conflict', 'the payment no longer waits for a review');
