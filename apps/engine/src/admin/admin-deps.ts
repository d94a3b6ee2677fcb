import type { ChannelAdapter } from '@tributary/channels/channel-adapter';
import type { Audit } from '../config/audit.store.ts';
import type { Backtests } from '../config/backtest/backtests.ts';
import type { Changes } from '../config/changes/changes.ts';
import type { ConfigHistory } from '../config/config-history.ts';
import type { ConfigKinds } from '../config/kinds.ts';
import type { ConfigSource } from '../config/snapshot.ts';
import type { RulesStore } from '../config/unleash/rules-store.ts';
import type { Gateway } from '../gateway/call-channel.ts';
import type { HeldPayments } from '../payments/held.ts';
import type { Pool } from '../platform/db.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { Prisma } from '../platform/prisma.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { RiskRules } from '../risk/check-risk.ts';
import type { GatherFacts } from '../risk/facts.ts';
import type { ListFollower } from '../risk/lists/follow-lists.ts';
import type { RoutingRules } from '../routing/plan-route.ts';

/** What the console's procedures need of the engine. */
export type AdminDeps = {
  prisma: Prisma;
  pool: Pool;
  audit: Audit;
  config: ConfigSource;
  clock: Clock;
  secrets: Secrets;
  pepper: Buffer;
  node: string;
  adapters: ReadonlyMap<string, ChannelAdapter>;
  gatherFacts: GatherFacts;
  listFollower: Pick<ListFollower, 'refresh'>;
  rules: {
    risk: { of(snapshot: ReturnType<ConfigSource['current']>): RiskRules; runningVersion(): number };
    routing: { of(snapshot: ReturnType<ConfigSource['current']>): RoutingRules; runningVersion(): number };
  };
  changes: Changes;
  history: ConfigHistory;
  kinds: ConfigKinds;
  backtests: Backtests;
  rulesStore: Pick<RulesStore, 'status'>;
  gatewayStats: Gateway['stats'];
  /** Payments that wait for a review. */
  held: Pick<HeldPayments, 'approve' | 'reject'>;
  /** Appends a person's note to a payment's story. */
  addNote: (
    paymentId: string,
    actor: string,
    text: string,
  ) => Promise<{ outcome: 'changed' | 'unchanged' | 'missing' }>;
  /** Looks everything open of a payment up now. @returns how many look-ups were done */
  syncNow: (paymentId: string) => Promise<number>;
  log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
};
