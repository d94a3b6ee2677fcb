import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedPayment } from './recorded-payment.ts';
import type { Replayed } from './replay.ts';
import { createTally } from './tally.ts';
import { expectSuccess, rateOf } from './wilson.ts';

const verdicts = fc.constantFrom('approve', 'review', 'hold', 'reject');
const replayed = fc.oneof(
  {
    weight: 8,
    arbitrary: verdicts.map(
      (verdict): Replayed => ({ kind: 'replayed', verdict, fired: ['r'], assumed: [], account: undefined }),
    ),
  },
  fc.subarray(['a', 'b', 'c'], { minLength: 1 }).map((facts): Replayed => ({ kind: 'not_replayable', facts })),
  fc.constant<Replayed>({ kind: 'passed_over', why: 'noDecision' }),
);
const payments = fc.array(
  fc.record({
    amount: fc.oneof(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 2 ** 52, max: Number.MAX_SAFE_INTEGER }),
    ),
    currency: fc.constantFrom('CNY', 'USD'),
    status: fc.constantFrom('succeeded', 'failed', 'closed', 'processing'),
    refunded: fc.boolean(),
    merchantId: fc.constantFrom('m1', 'm2', 'm3'),
    live: replayed,
    draft: replayed,
  }),
  { maxLength: 60 },
);
const context = { population: 0, everyNth: 1, rates: new Map(), speed: { evaluations: 0, evaluateMs: 0, readMs: 0 } };

describe('the tally', () => {
  it('loses no payment and no minor unit, however large amounts are', () => {
    fc.assert(
      fc.property(payments, (list) => {
        const tally = createTally('risk');
        const rows = list.flatMap(({ live, draft, ...own }, i) => {
          const payment = { id: `pay_${i}`, risk: undefined, routing: undefined, ...own } as unknown as RecordedPayment;
          return tally.add(payment, live, draft) ?? [];
        });
        const result = tally.result(context);
        const evaluated = list.filter(({ live, draft }) => live.kind === 'replayed' && draft.kind === 'replayed');
        const verdictOf = (one: Replayed) => (one as { verdict: string }).verdict;
        const changed = evaluated.filter(({ live, draft }) => verdictOf(live) !== verdictOf(draft));
        expect(result.sampled).toBe(list.length);
        expect(result.evaluated).toBe(evaluated.length);
        expect(result.evaluated + result.notReplayable.payments + result.passedOver.noDecision).toBe(list.length);
        expect(result.matrix.reduce((sum, cell) => sum + cell.payments, 0)).toBe(evaluated.length);
        expect(result.changed).toBe(changed.length);
        expect(rows.length).toBe(changed.length);
        for (const currency of ['CNY', 'USD']) {
          const total = result.matrix.reduce((sum, { amount }) => sum + BigInt(amount[currency] ?? 0), 0n);
          const expected = evaluated
            .filter((one) => one.currency === currency)
            .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
          expect(total).toBe(expected);
        }
        const { wouldStop } = result;
        expect(wouldStop.bad + wouldStop.good + wouldStop.unknown).toBe(wouldStop.payments);
        expect(result.merchants.reduce((sum, one) => sum + one.changed, 0)).toBe(changed.length);
      }),
    );
  });

  it('keeps examples of a rare change beside a common one', () => {
    const tally = createTally('risk');
    const verdict = (one: string): Replayed => ({
      kind: 'replayed',
      verdict: one,
      fired: [],
      assumed: [],
      account: undefined,
    });
    let rare = 0;
    for (let i = 0; i < 30_000; i++) {
      const payment = { id: `pay_${i}`, merchantId: 'm', currency: 'CNY', amount: 1 } as unknown as RecordedPayment;
      const isRare = i % 1_000 === 999;
      const row = tally.add(payment, verdict('approve'), verdict(isRare ? 'hold' : 'reject'));
      if (isRare && row) rare++;
    }
    expect(rare).toBe(30);
    const { matrix } = tally.result(context);
    expect(matrix.reduce((sum, { rowsKept }) => sum + rowsKept, 0)).toBeLessThanOrEqual(10_000);
    expect(matrix.find(({ draft }) => draft === 'hold')).toMatchObject({ payments: 30, rowsKept: 30 });
  });
});

describe('rates', () => {
  // By hand from Wilson's formula with z = 1.959964.
  it.each([
    [8, 10, 0.4902, 0.9433],
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [990, 1_000, 0.9817, 0.9946],
  ])('%i of %i lie between %f and %f', (succeeded, observed, low, high) => {
    const rate = rateOf(succeeded, observed);
    expect(rate.low).toBeCloseTo(low, 3);
    expect(rate.high).toBeCloseTo(high, 3);
  });

  it('weigh channels by the payments that go there, and say nothing of one that was never seen', () => {
    const rates = new Map([
      ['a', rateOf(90, 100)],
      ['b', rateOf(50, 100)],
    ]);
    expect(
      expectSuccess(
        new Map([
          ['a', 30],
          ['b', 10],
        ]),
        rates,
      )?.rate,
    ).toBeCloseTo(0.8, 10);
    expect(
      expectSuccess(
        new Map([
          ['a', 30],
          ['none', 10],
        ]),
        rates,
      )?.rate,
    ).toBeCloseTo(0.675, 10);
    expect(expectSuccess(new Map([['c', 1]]), rates)).toBeNull();
  });
});
