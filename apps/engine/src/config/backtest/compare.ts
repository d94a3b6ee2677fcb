import type { BacktestResult, StartBacktest } from '@tributary/contracts/backtest';
import { AppError } from '../../platform/app-error.ts';
import { type RiskRules, riskLanguage } from '../../risk/check-risk.ts';
import { type RoutingRules, routingLanguage } from '../../routing/plan-route.ts';
import { compileDocument, InvalidRules } from '../compiled-rules.ts';
import type { RecordedPayment } from './recorded-payment.ts';
import type { Replay } from './replay.ts';
import { createRiskReplay, recordedRisk } from './replay-risk.ts';
import { type ChannelToday, createRecordedRouting, createRoutingReplay } from './replay-routing.ts';
import type { ChangedRow, Tally } from './tally.ts';

/** What is compared with what. */
export type Comparison = {
  live: Replay;
  draft: Replay;
  /** Whether the published rules, replayed on a payment that they decided, say something else than they said then. */
  disagrees: ((payment: RecordedPayment) => boolean) | undefined;
};

export type ComparisonOptions = {
  input: Pick<StartBacktest, 'kind' | 'baseline'>;
  document: unknown;
  published: { version: number; document: unknown };
  timeZones: ReadonlyMap<string, string>;
  channels: ReadonlyMap<string, ChannelToday>;
};

/** The zone of merchants that are not known any more. */
const houseTimeZone = 'Asia/Shanghai';

/** @throws InvalidRules */
export async function compileComparison(options: ComparisonOptions): Promise<Comparison> {
  const { input, document, published, timeZones, channels } = options;
  const { kind, baseline } = input;
  const timeZoneOf = (merchantId: string) => timeZones.get(merchantId) ?? houseTimeZone;
  const replayOf = async (rules: unknown): Promise<Replay> =>
    kind === 'risk'
      ? createRiskReplay({ set: await compileDocument(rules, riskLanguage) }, timeZoneOf)
      : createRoutingReplay({ set: await compileDocument(rules, routingLanguage) }, timeZoneOf, channels);
  const recorded = kind === 'risk' ? recordedRisk : createRecordedRouting(channels);
  const draft = await replayOf(document);
  if (baseline === 'recorded') return { live: recorded, draft, disagrees: undefined };
  const live = await replayOf(published.document);
  return {
    live,
    draft,
    disagrees: (payment) => {
      if (payment[kind]?.ruleSetVersion !== published.version) return false;
      const [now, then] = [live(payment), recorded(payment)];
      return now.kind === 'replayed' && then.kind === 'replayed' && now.verdict !== then.verdict;
    },
  };
}

/** Compares one batch, without waiting for anything. @returns the changed payments to keep */
export function compareBatch(
  batch: readonly RecordedPayment[],
  { live, draft, disagrees }: Comparison,
  tally: Tally,
  speed: BacktestResult['speed'],
): ChangedRow[] {
  const started = performance.now();
  const rows: ChangedRow[] = [];
  for (const payment of batch) {
    const row = tally.add(payment, live(payment), draft(payment));
    if (row) rows.push(row);
    if (disagrees?.(payment)) tally.disagreed();
  }
  speed.evaluations += batch.length;
  speed.evaluateMs += performance.now() - started;
  return rows;
}

/**
 * Compiles what somebody sent us; version 0 is no published one.
 * @throws AppError invalid_rule_set, naming what does not fit
 */
export async function compileDraft(kind: 'risk', document: unknown): Promise<RiskRules>;
export async function compileDraft(kind: 'routing', document: unknown): Promise<RoutingRules>;
export async function compileDraft(kind: 'risk' | 'routing', document: unknown): Promise<RiskRules | RoutingRules>;
export async function compileDraft(kind: 'risk' | 'routing', document: unknown): Promise<RiskRules | RoutingRules> {
  try {
    return kind === 'risk'
      ? { version: 0, set: await compileDocument(document, riskLanguage) }
      : { version: 0, set: await compileDocument(document, routingLanguage) };
  } catch (error) {
    if (!(error instanceof InvalidRules)) throw error;
    throw new AppError('invalid_rule_set', error.message, {
      errors: error.issues.slice(0, 50).map(({ path, message }) => ({ path, message })),
    });
  }
}
