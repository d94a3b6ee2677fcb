import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../platform/app-error.ts';
import { createOneAtATime } from '../platform/one-at-a-time.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { Aggregate } from './aggregate.ts';
import { keyOf } from './decide/choose-route.ts';
import { decideAttempt } from './decide/decide-attempt.ts';
import { decideRefund } from './decide/decide-refund.ts';
import type { AttemptDecision, DecisionTools } from './decide/decision.ts';
import { decideReversing } from './decide/reversal.ts';
import type {
  LookUpClaim,
  MarkReversing,
  NewsSource,
  RecordOutcome,
  RecordRefundResult,
  RecordResult,
} from './operations.ts';
import type { NextLookUp } from './ports.ts';
import type { KeptAnswer, PaymentStore } from './store/payments.store.ts';

export type RecordDeps = {
  store: PaymentStore;
  clock: Clock;
  nextLookUp: NextLookUp;
  newRefundId: () => string;
  /**
   * Told after each commit, e.g. to wake the outbox publisher and the live feed. `by`: whose news it was, or the tier of
   * status sync that asked. Must not throw.
   */
  onCommitted: (change: { before: Aggregate; after: Aggregate; by: string }) => void;
};

// Only other processes can be in our way, and each time somebody got on: more tries than there are processes.
const maxTries = 12;

/** What a recorded piece of news left: the payment as it now stands, and the attempt to send next, if any. */
export type Recorded = { outcome: RecordOutcome; aggregate: Aggregate | undefined; next: AttemptDecision['next'] };

export type Recorder = ReturnType<typeof createRecorder>;

/**
 * The single door. Loads, decides (pure), saves if the payment still has the version the decision was made from, else
 * decides anew on what is there now. Idempotent and order-independent because `decideAttempt` is.
 */
export function createRecorder(deps: RecordDeps) {
  const inTurn = createOneAtATime();

  const tools = (): DecisionTools => ({
    now: deps.clock.now(),
    nextLookUp: deps.nextLookUp,
    newRefundId: deps.newRefundId,
  });

  /**
   * Runs one decision against the newest state.
   * @param known the aggregate if the caller has it (saves the first read); otherwise it is loaded
   */
  const decideAndSave = (...args: Parameters<typeof decideInTurn>): Promise<Recorded> =>
    inTurn(args[0], () => decideInTurn(...args));

  async function decideInTurn(
    paymentId: string,
    known: Aggregate | undefined,
    decide: (
      aggregate: Aggregate,
      tools: DecisionTools,
    ) => { change: AttemptDecision['change']; next?: AttemptDecision['next'] } | undefined,
    extra: {
      answer?: (after: Aggregate) => KeptAnswer | undefined;
      at?: () => Date;
      claim?: LookUpClaim;
      by?: string;
    } = {},
  ): Promise<Recorded> {
    let before = known ?? (await deps.store.load(paymentId));
    const full = new Map<string, string>();
    for (let attempt = 0; attempt < maxTries; attempt++) {
      if (!before) return { outcome: 'missing', aggregate: undefined, next: undefined };
      const decision = decide(before, { ...tools(), full });
      if (!decision) return { outcome: 'unchanged', aggregate: before, next: undefined };
      const at = extra.at?.();
      const after: Aggregate = at ? stamped(before, decision.change.after, at) : decision.change.after;
      const answer = decision.next ? undefined : extra.answer?.(after);
      const saved = await deps.store.save({
        change: { ...decision.change, after },
        ...(answer ? { answer } : {}),
        ...(at ? { at } : {}),
        ...(extra.claim ? { claim: extra.claim } : {}),
      });
      if (saved.kind === 'refused') return { outcome: 'refused', aggregate: before, next: undefined };
      if (saved.kind === 'full' && decision.next) {
        // Nothing was written: decide anew, without the route that has no room.
        full.set(keyOf(decision.next), saved.limitId);
        continue;
      }
      if (saved.kind === 'saved') {
        const aggregate = { ...after, payment: { ...after.payment, updatedAt: saved.updatedAt } };
        deps.onCommitted({ before, after: aggregate, by: extra.by ?? decision.change.events[0]?.actor ?? '' });
        return { outcome: 'changed', aggregate, next: decision.next };
      }
      await sleep(Math.random() * 5 * (attempt + 1));
      before = await deps.store.load(paymentId);
    }
    throw new AppError('unavailable', `payment ${paymentId} keeps being changed by others; try again`, {
      retryAfterSeconds: 1,
    });
  }

  const recordResult: RecordResult = async ({ paymentId, attemptNo }, result, source) =>
    (
      await decideAndSave(
        paymentId,
        undefined,
        (before, t) => decideAttempt(before, attemptNo, result, source, t),
        claimOf(source),
      )
    ).outcome;

  const markReversing: MarkReversing = async ({ paymentId, attemptNo }, source) =>
    (
      await decideAndSave(
        paymentId,
        undefined,
        (before, t) => decideReversing(before, attemptNo, source, t),
        claimOf(source),
      )
    ).outcome;

  const recordRefundResult: RecordRefundResult = async ({ paymentId, refundId }, result, source: NewsSource) =>
    (
      await decideAndSave(
        paymentId,
        undefined,
        (before, t) => {
          const change = decideRefund(before, refundId, result, source, t);
          return change && { change };
        },
        claimOf(source),
      )
    ).outcome;

  return { recordResult, markReversing, recordRefundResult, decideAndSave, tools };
}

const claimOf = ({ claim, tier }: NewsSource) => ({ ...(claim ? { claim } : {}), ...(tier ? { by: tier } : {}) });

/** Puts one moment on everything the change made now, so that the stored answer and the row agree to the microsecond. */
function stamped(before: Aggregate, after: Aggregate, at: Date): Aggregate {
  const { payment } = after;
  const { succeededAt, updatedAt } = before.payment;
  return {
    ...after,
    // What happened before this change keeps its time.
    payment: {
      ...payment,
      updatedAt: at > updatedAt ? at : updatedAt,
      succeededAt: succeededAt ?? (payment.succeededAt ? at : null),
    },
  };
}
