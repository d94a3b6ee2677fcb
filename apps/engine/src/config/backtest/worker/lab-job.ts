import type { StartBacktest } from '@tributary/contracts/backtest';
import type { ChannelToday } from '../replay-routing.ts';

/** What a lab worker is started with. Plain data: it crosses to another thread. */
export type BacktestJob = {
  task: 'backtest';
  databaseUrl: string;
  runId: string;
  input: Omit<StartBacktest, 'subject'>;
  document: unknown;
  /** The published rules, for the baseline `published`. */
  published: { version: number; document: unknown };
  timeZones: ReadonlyMap<string, string>;
  channels: ReadonlyMap<string, ChannelToday>;
};

export type OracleJob = {
  task: 'oracle';
  databaseUrl: string;
  kind: 'risk' | 'routing';
  document: unknown;
  /** How long it may ask. */
  budgetMs: number;
};

export type LabJob = BacktestJob | OracleJob;
