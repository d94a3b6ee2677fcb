import type { BacktestAssumption } from '@tributary/contracts/backtest';
import type { RecordedPayment } from './recorded-payment.ts';

/** What rules make of a recorded payment, or why that can't be said. */
export type Replayed =
  | {
      kind: 'replayed';
      /** The outcome (risk) or the first channel, `none` without one (routing). */
      verdict: string;
      fired: readonly string[];
      assumed: readonly BacktestAssumption[];
      /** Routing: the first account and its channel's price. */
      account: { accountId: string; feeBps: number } | undefined;
    }
  | { kind: 'not_replayable'; facts: readonly string[] }
  | { kind: 'passed_over'; why: 'noDecision' | 'notRouted' };

export type Replay = (payment: RecordedPayment) => Replayed;
