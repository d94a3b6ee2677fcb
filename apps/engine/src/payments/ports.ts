import type { ChannelCall, ResultOf } from '@tributary/channels/channel-adapter';
import type { FailureCode } from '@tributary/contracts/error-code';
import type { Money } from '@tributary/contracts/money';
import type { CreatePayment } from '@tributary/contracts/payment';
import type { ServiceConfig } from '@tributary/contracts/service-config';
import type { ConfigSnapshot, MerchantConfig } from '../config/snapshot.ts';

/** What risk and routing may know of a payment that is being placed. */
export type PaymentContext = {
  snapshot: ConfigSnapshot;
  merchant: MerchantConfig;
  service: ServiceConfig;
  request: CreatePayment;
  amount: Money;
  /** The moment of the decision (the node's clock; windows use the database's through ids). */
  at: Date;
};

/** A rule that fired, as stored with the decision. */
export type FiredRule = { id: string; name?: string; event: { type: string; params?: Record<string, unknown> } };

/** Why a payment is refused: `message` is for the merchant, `payerMessage` is what the payer may be told. */
export type Refusal = { code: FailureCode; message: string; payerMessage?: string };

/** One counter to be raised, in the transaction that starts the payment or its next attempt, if it fits under the cap. */
export type LimitHold = {
  limitId: string;
  name: string;
  /** Which counter of the limit, e.g. `day.CNY|merchant=mch_1`. */
  scopeKey: string;
  /** Start of the window in the limit's time zone, UTC ISO 8601. */
  windowStart: string;
  maxAmount: bigint | undefined;
  maxCount: number | undefined;
  /** Only watched: what does not fit is recorded, not counted and not refused. */
  shadow?: true;
  /** Refunds give back what they refund. */
  releaseOnRefund?: true;
  /** What a payment that does not fit is told; `risk_daily_limit` by default. */
  refusal?: Refusal;
};

/** A rule or limit in shadow that would have acted. */
export type ShadowHit =
  | { kind: 'rule'; id: string; name?: string; event: FiredRule['event'] }
  | { kind: 'limit'; id: string; name: string; route?: Route; [seen: string]: unknown };

/** What limits say of one route, over those that the whole payment has to keep. */
export type RouteLimits = {
  /** The limit that rules the route out whatever was used of others. */
  refusedBy?: string;
  holds: LimitHold[];
  shadow: ShadowHit[];
};

/** Everything that explains a decision later; stored as it is in the payment's event. */
export type DecisionRecord = {
  ruleSetVersion: number;
  fired: FiredRule[];
  facts: Record<string, unknown>;
};

/** A list entry that a payment was on. */
export type ListedEntry = {
  list: string;
  subject: string;
  effect: 'block' | 'allow' | 'watch';
  value: string;
  reason: string;
  expiresAt: string | undefined;
};

export type RiskDecision = DecisionRecord & {
  /** The entries of lists that the payment was on, of the lists that a rule asked for. */
  lists?: ListedEntry[];
  /** Facts that rules need and that could not be had in time, and why; the service says what happens then. */
  factFailure?: { facts: string[]; reason: string };
  /** `hold`: nothing is sent before a person has looked at it. */
  outcome: 'approve' | 'review' | 'hold' | 'reject';
  failure?: Refusal;
  /** The rule or limit that decided, when it was not the default. */
  decidedBy?: { kind: 'rule' | 'limit'; id: string };
  /** To be reserved when the outcome is not `reject`. */
  holds: LimitHold[];
  shadow?: ShadowHit[];
  /** Asked for each route of the plan. */
  limitsOfRoute?: (route: Route) => RouteLimits;
};

export type Route = { channelId: string; accountId: string };

/** A route of a payment's plan, with the counters that an attempt over it has to raise. */
export type PlannedRoute = Route & { holds?: LimitHold[] };

/** One candidate and what became of it, so that "why not the other channel?" has an answer. */
export type RouteCandidate = Route & {
  kept: boolean;
  /** Stable reason code, e.g. `switched_off`, `amount_band`, `rule:no-jsapi-at-night`, `chosen`. */
  reason: string;
  /** As the rules left it. */
  priority: number;
  /** The channel's own, when a rule set another for this payment. */
  ownPriority?: number;
  /** The channel's price then, in hundredths of a percent. */
  feeBps?: number;
};

export type RoutePlan = DecisionRecord & {
  /** In the order in which they may be tried; empty when no channel can take the payment. */
  routes: Route[];
  /** All that could be tried, in order: `routes` and those that come after them. */
  ranked?: Route[];
  candidates: RouteCandidate[];
};

export type AssessRisk = (context: PaymentContext) => Promise<RiskDecision>;
export type PlanRoute = (context: PaymentContext) => Promise<RoutePlan>;

/** A channel call as it is kept in the trace: masked, bounded. */
export type Exchange = {
  op: ChannelCall['op'];
  channelId: string;
  accountId: string;
  /** Version of the account that it was sent with; undefined when it did not get as far. */
  accountVersion?: number;
  /** Milliseconds waited for a place in the bulkhead, and from first byte out to last byte in. */
  queuedMs: number;
  durationMs: number;
  request: { method: string; url: string; headers: Record<string, string>; body: string } | undefined;
  response: { status: number; headers: Record<string, string>; body: string } | undefined;
  error: string | undefined;
};

/** The only way out. Never throws: every fault is a `not_sent` or `unknown` result. */
export type CallChannel = <Call extends ChannelCall>(
  route: Route,
  call: Call,
  options?: { timeoutMs?: number },
) => Promise<{ result: ResultOf<Call>; exchange: Exchange }>;

/**
 * When to look up next: pure, by the service's (or the channel's) schedule.
 * @param step how many look-ups were done
 */
export type NextLookUp = (request: {
  serviceId: string;
  channelId: string;
  kind: 'payment' | 'refund';
  step: number;
  from: Date;
  expiresAt: Date | undefined;
}) => Date;
