import type { Aggregate, Change } from '../aggregate.ts';

/** A person's note: an event of the payment's story, and nothing else changes. */
export function decideNote(before: Aggregate, actor: string, text: string): { change: Change } {
  const after = { ...before, payment: { ...before.payment, version: before.payment.version + 1 } };
  return {
    change: { before, after, events: [{ kind: 'note', actor, data: { text } }], outbox: [], limits: undefined },
  };
}
