import type { PaymentState } from '../../payments/aggregate.ts';
import { timeOfId } from '../../platform/ids.ts';

/** What the engine wrote down when it judged a payment. */
export type RecordedRisk = {
  outcome: string;
  ruleSetVersion: number;
  fired: readonly { id: string; event?: { type?: string; params?: Record<string, unknown> } }[];
  /** Every fact that was computed; null for one that the payment does not have. */
  facts: Readonly<Record<string, unknown>>;
  failure?: { code: string };
  factFailure?: { facts: readonly string[] };
  decidedBy?: { kind: string; id: string };
  /** The counter that was full at the moment of the first commit. */
  exhausted?: { limitId: string };
};

/** What it wrote down when it planned the payment's routes. */
export type RecordedRouting = {
  ruleSetVersion: number;
  fired: readonly { id: string }[];
  facts: Readonly<Record<string, unknown>>;
  routes: readonly { channelId: string; accountId: string }[];
  candidates: readonly {
    channelId: string;
    accountId: string;
    kept: boolean;
    reason: string;
    priority: number;
    ownPriority?: number;
    feeBps?: number;
  }[];
};

/** A payment of the past with its decisions. Amount in minor units. */
export type RecordedPayment = {
  id: string;
  merchantId: string;
  merchantOrderNo: string;
  serviceId: string;
  product: string;
  status: string;
  amount: number;
  currency: string;
  payer: PaymentState['payer'];
  channelId: string | null;
  refunded: boolean;
  risk: RecordedRisk | undefined;
  routing: RecordedRouting | undefined;
};

/** The moment of the decision: ids are made from it. */
export const decidedAt = ({ id }: Pick<RecordedPayment, 'id'>): Date => new Date(timeOfId(id));

/** A row of the reading query. */
export type RecordedRow = {
  id: string;
  merchant_id: string;
  merchant_order_no: string;
  service_id: string;
  product: string;
  status: string;
  amount: string | number | bigint;
  currency: string;
  payer: PaymentState['payer'] | null;
  channel_id: string | null;
  refunded: boolean;
  risk: RecordedRisk | null;
  routing: RecordedRouting | null;
};

export const parseRecorded = (row: RecordedRow): RecordedPayment => ({
  id: row.id,
  merchantId: row.merchant_id,
  merchantOrderNo: row.merchant_order_no,
  serviceId: row.service_id,
  product: row.product,
  status: row.status,
  amount: Number(row.amount),
  currency: row.currency,
  payer: row.payer ?? {},
  channelId: row.channel_id,
  refunded: row.refunded,
  risk: row.risk ?? undefined,
  routing: row.routing ?? undefined,
});

type Rejecting = { readonly event?: { type?: string; params?: Record<string, unknown> } };

const rejects = ({ event }: Rejecting): boolean => event?.type === 'reject' && event.params?.shadow !== true;

/** Why a payment was refused then. `rule` also when nothing else explains it. */
export function refusedBy(risk: RecordedRisk): 'rule' | 'limit' | 'merchant' | 'facts' {
  if (risk.decidedBy) return risk.decidedBy.kind === 'limit' ? 'limit' : 'rule';
  if (risk.exhausted) return 'limit';
  if (risk.fired.some(rejects)) return 'rule';
  if (risk.failure?.code === 'risk_merchant_blocked') return 'merchant';
  if (risk.failure?.code === 'risk_unavailable') return 'facts';
  return risk.failure?.code === 'risk_rejected' ? 'rule' : 'limit';
}

/** The outcome that took effect: a full counter refuses what rules had let through. */
export const outcomeThen = (risk: RecordedRisk): string => (risk.exhausted ? 'reject' : risk.outcome);

/** The channel that was first in the plan. */
export const channelThen = ({ routes }: RecordedRouting): string => routes[0]?.channelId ?? 'none';
