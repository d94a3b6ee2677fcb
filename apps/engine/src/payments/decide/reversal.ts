import type { ChannelResult } from '@tributary/channels/channel-result';
import { isOpenAttempt } from '@tributary/contracts/payment-status';
import { type Aggregate, type AttemptState, attemptOf, type NewEvent, withAttempt } from '../aggregate.ts';
import type { NewsSource } from '../operations.ts';
import { type AttemptDecision, type DecisionTools, seal } from './decision.ts';

/**
 * While a reversal may be on its way, "paid" may be true for a moment only: nobody believes it, whoever says so, until the
 * channel has either reversed the order or clearly refused to. Once a reversed order is closed, what a reply or a look-up
 * still brings was said before. And while somebody closes an order, an answer that began before says less than what he is
 * about to hear; the schedule asks should he die.
 */
export function isDoubtful(
  { payment }: Aggregate,
  attempt: AttemptState,
  result: ChannelResult,
  source: NewsSource,
): boolean {
  if (result.kind !== 'succeeded') return false;
  const { status, reversing } = attempt;
  const toldByUs = source.actor === 'reply' || source.actor === 'sync';
  if (!isOpenAttempt(status)) return reversing && status === 'closed' && (toldByUs || source.actor === 'close');
  return reversing || (payment.closeReason !== null && toldByUs && !source.sinceClosing);
}

const knows = (result: ChannelResult): boolean =>
  result.kind === 'pending' ||
  result.kind === 'succeeded' ||
  (result.kind === 'unknown' && result.reason === 'already_paid');

/** What the next look-ups have to know of this answer. */
export function learned(
  attempt: AttemptState,
  result: ChannelResult,
  source: NewsSource,
  tools: DecisionTools,
): Pick<AttemptState, 'reversing' | 'seen' | 'notFoundSince'> {
  const refused = source.wish === 'reverse' && result.kind === 'unknown' && result.reason === 'already_paid';
  const saysNothing = result.kind === 'unknown' && !refused && result.reason !== 'already_paid';
  return {
    reversing: attempt.reversing && !refused,
    // The answer to the order itself is not enough: an Alipay code that nobody has scanned is no trade yet.
    seen: attempt.seen || (source.actor !== 'reply' && knows(result)),
    notFoundSince:
      result.kind === 'not_found'
        ? (attempt.notFoundSince ?? tools.now)
        : saysNothing || result.kind === 'not_sent'
          ? attempt.notFoundSince
          : null,
  };
}

/**
 * A reversal is about to be sent: from here on nothing that tells of money is believed before it is settled. Committed
 * before it is sent, because nobody may be left to commit it afterwards. Pure.
 * @returns undefined when that is so already, or there is nothing to reverse any more
 */
export function decideReversing(
  before: Aggregate,
  attemptNo: number,
  source: NewsSource,
  tools: DecisionTools,
): AttemptDecision | undefined {
  const attempt = attemptOf(before, attemptNo);
  if (!attempt || attempt.reversing || !isOpenAttempt(attempt.status)) return undefined;
  const event: NewEvent = { kind: 'attempt.reversing', attemptNo, actor: source.actor, data: {} };
  return seal(before, withAttempt(before, { ...attempt, reversing: true }), [event], undefined, tools);
}
