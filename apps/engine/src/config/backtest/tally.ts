import {
  type Aftermath,
  type AmountByCurrency,
  type BacktestAssumption,
  type BacktestResult,
  backtestLimits,
  type Rate,
} from '@tributary/contracts/backtest';
import type { RecordedPayment } from './recorded-payment.ts';
import type { Replayed } from './replay.ts';
import { expectSuccess } from './wilson.ts';

type Judged = Extract<Replayed, { kind: 'replayed' }>;

/** A changed payment, as it is kept for the list behind a cell. */
export type ChangedRow = {
  paymentId: string;
  merchantId: string;
  live: string;
  draft: string;
  amount: number;
  currency: string;
  status: string;
  liveFired: readonly string[];
  draftFired: readonly string[];
};

/** Sums in plain numbers while they are exact, which is fast, and carries over to whole ones before they are not. */
type Sum = { exact: bigint; small: number };
type Money = Map<string, Sum>;
type Cell = { live: string; draft: string; payments: number; amount: Money; rowsKept: number };
type After = { payments: number; amount: Money; bad: number; good: number; unknown: number };

/** Kept for every cell, so that a rare change has its examples beside a common one. */
const rowsPerCell = 200;
const merchantsShown = 50;

const newSum = (): Sum => ({ exact: 0n, small: 0 });
function raiseSum(sum: Sum, amount: number): void {
  if (amount > Number.MAX_SAFE_INTEGER - sum.small) {
    sum.exact += BigInt(sum.small);
    sum.small = 0;
  }
  sum.small += amount;
}
const totalOf = ({ exact, small }: Sum): bigint => exact + BigInt(small);
const add = (money: Money, currency: string, amount: number): void => raiseSum(found(money, currency, newSum), amount);
const shown = (money: Money): AmountByCurrency =>
  Object.fromEntries([...money].map(([currency, sum]) => [currency, totalOf(sum).toString()]));
const raise = <Key>(counts: Map<Key, number>, key: Key): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};
const found = <Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
};
const after = (): After => ({ payments: 0, amount: new Map(), bad: 0, good: 0, unknown: 0 });

/** Stopped: no channel is called. Held ones wait for a person and are not stopped. */
const isStopped = (verdict: string): boolean => verdict === 'reject';

/** What a channel charges, in minor units, rounded down. */
const feeOf = (amount: number, feeBps: number): number =>
  Number.isSafeInteger(amount * feeBps)
    ? Math.floor((amount * feeBps) / 10_000)
    : Number((BigInt(amount) * BigInt(feeBps)) / 10_000n);

/** Adds payments up as they come. Memory grows with merchants, channels and rules, not with payments. */
export function createTally(kind: 'risk' | 'routing') {
  const cells = new Map<string, Cell>();
  const missingFacts = new Map<string, number>();
  const assumptions = new Map<BacktestAssumption, number>();
  const versions = new Map<number, number>();
  const rules = new Map<string, { live: number; draft: number }>();
  const merchants = new Map<string, { evaluated: number; changed: number; amount: Money }>();
  const fees = new Map<string, { payments: number; live: Sum; draft: Sum }>();
  const routed = { live: new Map<string, number>(), draft: new Map<string, number>() };
  const wouldStop = after();
  const wouldPass = after();
  const counts = { sampled: 0, evaluated: 0, changed: 0, accountChanged: 0, notReplayable: 0, disagreements: 0 };
  const passedOver = { noDecision: 0, notRouted: 0 };
  let rowsKept = 0;

  function cellOf(live: string, draft: string): Cell {
    const key = `${live}\n${draft}`;
    return found(cells, key, () => ({ live, draft, payments: 0, amount: new Map(), rowsKept: 0 }));
  }

  function countRules(side: 'live' | 'draft', fired: readonly string[]): void {
    for (const id of fired) {
      const rule = found(rules, id, () => ({ live: 0, draft: 0 }));
      rule[side]++;
    }
  }

  function countAftermath(into: After, payment: RecordedPayment): void {
    into.payments++;
    add(into.amount, payment.currency, payment.amount);
    if (payment.refunded || payment.status === 'failed') into.bad++;
    else if (payment.status === 'succeeded') into.good++;
    else into.unknown++;
  }

  function countFees(payment: RecordedPayment, live: Judged, draft: Judged): void {
    const sum = found(fees, payment.currency, () => ({ payments: 0, live: newSum(), draft: newSum() }));
    sum.payments++;
    if (live.account) raiseSum(sum.live, feeOf(payment.amount, live.account.feeBps));
    if (draft.account) raiseSum(sum.draft, feeOf(payment.amount, draft.account.feeBps));
  }

  /** The row to keep of a changed payment, while there is room. */
  function rowOf(cell: Cell, payment: RecordedPayment, live: Judged, draft: Judged): ChangedRow | undefined {
    if (rowsKept >= backtestLimits.rows) return undefined;
    // The last fifth of the room is for cells that have few.
    if (rowsKept >= backtestLimits.rows * 0.8 && cell.rowsKept >= rowsPerCell) return undefined;
    rowsKept++;
    cell.rowsKept++;
    return {
      paymentId: payment.id,
      merchantId: payment.merchantId,
      live: live.verdict,
      draft: draft.verdict,
      amount: payment.amount,
      currency: payment.currency,
      status: payment.status,
      liveFired: live.fired,
      draftFired: draft.fired,
    };
  }

  return {
    /** Counts one payment. @returns the row to keep when it changed */
    add(payment: RecordedPayment, live: Replayed, draft: Replayed): ChangedRow | undefined {
      counts.sampled++;
      const version = payment[kind]?.ruleSetVersion;
      if (version !== undefined) raise(versions, version);
      if (live.kind === 'passed_over' || draft.kind === 'passed_over') {
        passedOver[live.kind === 'passed_over' ? live.why : (draft as { why: 'noDecision' }).why]++;
        return undefined;
      }
      if (live.kind === 'not_replayable' || draft.kind === 'not_replayable') {
        counts.notReplayable++;
        const facts = new Set([
          ...(live.kind === 'not_replayable' ? live.facts : []),
          ...(draft.kind === 'not_replayable' ? draft.facts : []),
        ]);
        for (const fact of facts) raise(missingFacts, fact);
        return undefined;
      }
      counts.evaluated++;
      for (const code of draft.assumed) raise(assumptions, code);
      countRules('live', live.fired);
      countRules('draft', draft.fired);
      const { merchantId, currency, amount } = payment;
      const merchant = found(merchants, merchantId, () => ({ evaluated: 0, changed: 0, amount: new Map() }));
      merchant.evaluated++;
      const cell = cellOf(live.verdict, draft.verdict);
      cell.payments++;
      add(cell.amount, currency, amount);
      if (kind === 'routing') {
        countFees(payment, live, draft);
        raise(routed.live, live.verdict);
        raise(routed.draft, draft.verdict);
      }
      if (live.verdict === draft.verdict) {
        if (live.account?.accountId !== draft.account?.accountId) counts.accountChanged++;
        return undefined;
      }
      counts.changed++;
      merchant.changed++;
      add(merchant.amount, currency, amount);
      if (kind === 'risk' && isStopped(draft.verdict)) countAftermath(wouldStop, payment);
      if (kind === 'risk' && isStopped(live.verdict)) countAftermath(wouldPass, payment);
      return rowOf(cell, payment, live, draft);
    },
    /** A payment whose own rules, replayed, do not say what they said then. */
    disagreed(): void {
      counts.disagreements++;
    },
    result({
      population,
      everyNth,
      rates,
      speed,
    }: {
      population: number;
      everyNth: number;
      rates: ReadonlyMap<string, Rate>;
      speed: BacktestResult['speed'];
    }): BacktestResult {
      const byCount = <Item extends { payments: number }>(list: Item[]) => list.sort((a, b) => b.payments - a.payments);
      const aftermath = ({ amount, ...rest }: After): Aftermath => ({ ...rest, amount: shown(amount) });
      return {
        population,
        sampled: counts.sampled,
        everyNth,
        evaluated: counts.evaluated,
        changed: counts.changed,
        accountChanged: counts.accountChanged,
        notReplayable: {
          payments: counts.notReplayable,
          facts: byCount([...missingFacts].map(([fact, payments]) => ({ fact, payments }))),
        },
        passedOver: { ...passedOver },
        matrix: byCount([...cells.values()].map((cell) => ({ ...cell, amount: shown(cell.amount) }))),
        rules: [...rules].map(([id, fired]) => ({ id, ...fired })).sort((a, b) => (a.id < b.id ? -1 : 1)),
        merchants: [...merchants]
          .filter(([, { changed }]) => changed > 0)
          .sort(([a, x], [b, y]) => y.changed - x.changed || (a < b ? -1 : 1))
          .slice(0, merchantsShown)
          .map(([merchantId, one]) => ({ merchantId, ...one, amount: shown(one.amount) })),
        wouldStop: aftermath(wouldStop),
        wouldPass: aftermath(wouldPass),
        fees: [...fees].map(([currency, { payments, live, draft }]) => ({
          currency,
          payments,
          live: totalOf(live).toString(),
          draft: totalOf(draft).toString(),
          delta: (totalOf(draft) - totalOf(live)).toString(),
        })),
        channels: kind === 'risk' ? [] : [...rates].map(([channelId, rate]) => ({ channelId, ...rate })),
        expected:
          kind === 'risk'
            ? { live: null, draft: null }
            : { live: expectSuccess(routed.live, rates), draft: expectSuccess(routed.draft, rates) },
        assumptions: byCount([...assumptions].map(([code, payments]) => ({ code, payments }))),
        versions: [...versions]
          .map(([version, payments]) => ({ version, payments }))
          .sort((a, b) => a.version - b.version),
        disagreements: counts.disagreements,
        speed,
      };
    },
  };
}

export type Tally = ReturnType<typeof createTally>;
