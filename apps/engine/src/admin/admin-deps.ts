import type { ChannelAdapter, ChannelSession } from '@tributary/channels/channel-adapter';
import type { AuditVerdict } from '../config/anchors/audit-anchors.ts';
import type { Audit } from '../config/audit.store.ts';
import type { Backtests } from '../config/backtest/backtests.ts';
import type { Changes } from '../config/changes/changes.ts';
import type { ConfigHistory } from '../config/config-history.ts';
import type { ConfigKinds } from '../config/kinds.ts';
import type { ConfigSource } from '../config/snapshot.ts';
import type { RulesStore } from '../config/unleash/rules-store.ts';
import type { Gateway } from '../gateway/call-channel.ts';
import type { Send } from '../gateway/send.ts';
import type { HeldPayments } from '../payments/held.ts';
import type { RecordOutcome } from '../payments/operations.ts';
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
  /** Recomputes the audit log's chain and looks for every signed head of it. */
  verifyAudit: () => Promise<AuditVerdict>;
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
  /** The gateway's own sender, for probes. */
  send: Send;
  /** Forgets an account on every node; the next use loads it anew. */
  forgetAccount: (accountId: string) => Promise<void>;
  /** An account as the gateway uses it, for the signature doctor. */
  openAccount: (accountId: string) => Promise<ChannelSession>;
  /** Payments that wait for a review. */
  held: Pick<HeldPayments, 'approve' | 'reject'>;
  /** Appends a person's note to a payment's story. */
  addNote: (paymentId: string, actor: string, text: string) => Promise<{ outcome: RecordOutcome }>;
  /** Looks everything open of a payment up now. @returns how many look-ups were done */
  syncNow: (paymentId: string) => Promise<number>;
  log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
};
