import type { Clock } from '../platform/ports/clock.ts';
import type { Aggregate } from './aggregate.ts';
import { keyOf } from './decide/choose-route.ts';
import { decideAttempt } from './decide/decide-attempt.ts';
import { decideRefund } from './decide/decide-refund.ts';
import type { AttemptDecision, DecisionTools } from './decide/decision.ts';
import type { NewsSource, RecordOutcome, RecordRefundResult, RecordResult } from './operations.ts';
import type { NextLookUp } from './ports.ts';
import type { KeptAnswer, PaymentStore } from './store/payments.store.ts';

export type RecordDeps = {
  store: PaymentStore;
  clock: Clock;
  nextLookUp: NextLookUp;
  newRefundId: () => string;
  hasWebhook: DecisionTools['hasWebhook'];
  /** Told after each commit, e.g. to wake the outbox publisher and the live feed. Must not throw. */
  onCommitted: (change: { before: Aggregate; after: Aggregate }) => void;
};

// A payment that changes under us this often is being fought over; the caller's own retry is better than ours.
const maxTries = 8;

/** What a recorded piece of news left: the payment as it now stands, and the attempt to send next, if any. */
export type Recorded = { outcome: RecordOutcome; aggregate: Aggregate | undefined; next: AttemptDecision['next'] };

export type Recorder = ReturnType<typeof createRecorder>;

/**
 * The single door. Loads, decides (pure), saves if the payment still has the version the decision was made from, else
 * decides anew on what is there now. Idempotent and order-independent because `decideAttempt` is.
 */
export function createRecorder(deps: RecordDeps) {
  const tools = (): DecisionTools => ({
    now: deps.clock.now(),
    nextLookUp: deps.nextLookUp,
    newRefundId: deps.newRefundId,
    hasWebhook: deps.hasWebhook,
  });

  /**
   * Runs one decision against the newest state.
   * @param known the aggregate if the caller has it (saves the first read); otherwise it is loaded
   */
  async function decideAndSave(
    paymentId: string,
    known: Aggregate | undefined,
    decide: (
      aggregate: Aggregate,
      tools: DecisionTools,
    ) => { change: AttemptDecision['change']; next?: AttemptDecision['next'] } | undefined,
    extra: { answer?: (after: Aggregate) => KeptAnswer | undefined; at?: () => Date } = {},
  ): Promise<Recorded> {
    let before = known ?? (await deps.store.load(paymentId));
    const full = new Map<string, string>();
    for (let attempt = 0; attempt < maxTries; attempt++) {
      if (!before) return { outcome: 'missing', aggregate: undefined, next: undefined };
      const decision = decide(before, { ...tools(), full });
      if (!decision) return { outcome: 'unchanged', aggregate: before, next: undefined };
      const at = extra.at?.();
      const after: Aggregate = at ? stamped(decision.change.after, at) : decision.change.after;
      const answer = decision.next ? undefined : extra.answer?.(after);
      const saved = await deps.store.save({
        change: { ...decision.change, after },
        ...(answer ? { answer } : {}),
        ...(at ? { at } : {}),
      });
      if (saved.kind === 'full' && decision.next) {
        // Nothing was written: decide anew, without the route that has no room.
        full.set(keyOf(decision.next), saved.limitId);
        continue;
      }
      if (saved.kind === 'saved') {
        const aggregate = { ...after, payment: { ...after.payment, updatedAt: saved.updatedAt } };
        deps.onCommitted({ before, after: aggregate });
        return { outcome: 'changed', aggregate, next: decision.next };
      }
      before = await deps.store.load(paymentId);
    }
    throw new Error(`payment ${paymentId} changed ${maxTries} times while news about it was being recorded`);
  }

  const recordResult: RecordResult = async ({ paymentId, attemptNo }, result, source) =>
    (await decideAndSave(paymentId, undefined, (before, t) => decideAttempt(before, attemptNo, result, source, t)))
      .outcome;

  const recordRefundResult: RecordRefundResult = async ({ paymentId, refundId }, result, source: NewsSource) =>
    (
      await decideAndSave(paymentId, undefined, (before, t) => {
        const change = decideRefund(before, refundId, result, source, t);
        return change && { change };
      })
    ).outcome;

  return { recordResult, recordRefundResult, decideAndSave, tools };
}

/** Puts one moment on everything the change made now, so that the stored answer and the row agree to the microsecond. */
function stamped(after: Aggregate, at: Date): Aggregate {
  const { payment } = after;
  return {
    ...after,
    payment: { ...payment, updatedAt: at, succeededAt: payment.succeededAt ? at : null },
  };
}
