import type { Currency } from '@tributary/contracts/money';
import type { CreatePayment, Credential } from '@tributary/contracts/payment';
import type { AttemptStatus, PaymentStatus, RefundStatus } from '@tributary/contracts/payment-status';
import type { Product } from '@tributary/contracts/service-config';
import type { OutboxRow } from '../outbox/append-outbox.ts';
import type { LimitHold, PlannedRoute } from './ports.ts';

/** A payment as stored. Amounts in minor units. `version` is the sequence number of its last event. */
export type PaymentState = {
  id: string;
  merchantId: string;
  merchantOrderNo: string;
  serviceId: string;
  product: Product;
  status: PaymentStatus;
  amount: bigint;
  currency: Currency;
  subject: string;
  payer: Omit<NonNullable<CreatePayment['payer']>, 'authCode'>;
  notifyUrl: string | null;
  returnUrl: string | null;
  metadata: Record<string, string> | null;
  channelId: string | null;
  accountId: string | null;
  channelTxn: string | null;
  credential: Credential | null;
  failureCode: string | null;
  failureMessage: string | null;
  /** What the payer may be told about a refusal. */
  payerMessage: string | null;
  refundedAmount: bigint;
  /** Why a person must look: `review` before any channel is called; the channel's amount differs; a refund contradicts itself. */
  hold: string | null;
  closeReason: CloseReason | null;
  /** The routes that risk and routing allowed, in order. An attempt may pass over one whose limits are full by then. */
  plan: PlannedRoute[];
  version: number;
  traceId: string;
  createdAt: Date;
  updatedAt: Date;
  expiresAt: Date;
  succeededAt: Date | null;
};

export type CloseReason = 'closed_by_merchant' | 'expired';

export type AttemptState = {
  no: number;
  channelId: string;
  accountId: string;
  requestNo: string;
  status: AttemptStatus;
  winner: boolean;
  amount: bigint;
  currency: Currency;
  channelTxn: string | null;
  resultCode: string | null;
  resultMessage: string | null;
  /** When a worker looks it up next; null exactly when the attempt is final. */
  nextSyncAt: Date | null;
  syncStep: number;
  sentAt: Date;
  /**
   * A reversal was asked for, or is about to be, and was not clearly refused: money that the channel tells of may be on its
   * way back to the payer. Stays once the order is closed.
   */
  reversing: boolean;
  /** The channel has shown in a look-up or in its answer to a close that it knows the order: more than that it took the request. */
  seen: boolean;
  /** Since when the channel says that it does not know the order, and nothing else. */
  notFoundSince: Date | null;
};

export type RefundChannelState = 'sending' | 'pending' | 'unknown' | 'succeeded' | 'declined';

export type RefundState = {
  id: string;
  attemptNo: number;
  merchantRefundNo: string;
  kind: 'merchant' | 'compensation';
  refundNo: string;
  amount: bigint;
  currency: Currency;
  reason: string | null;
  status: RefundStatus;
  channelState: RefundChannelState;
  channelRefundNo: string | null;
  failureCode: string | null;
  failureMessage: string | null;
  nextSyncAt: Date | null;
  syncStep: number;
  createdAt: Date;
  updatedAt: Date;
  succeededAt: Date | null;
};

/** A payment with everything that hangs on it: the unit of consistency. Every change of it raises `payment.version`. */
export type Aggregate = { payment: PaymentState; attempts: AttemptState[]; refunds: RefundState[] };

/** An event to append. `ageMs`: how long ago it happened, so that its time is right though it is written later. */
export type NewEvent = {
  kind: string;
  attemptNo?: number;
  refundId?: string;
  from?: string;
  to?: string;
  actor: string;
  durationMs?: number;
  ageMs?: number;
  data?: Record<string, unknown>;
};

/**
 * What becomes of the limits that a payment reserved: kept for good, given back, given back by a refund of `refunded`
 * (`whole`: nothing of the payment is left), or moved from the counters of one route to those of another.
 */
export type LimitChange =
  | 'settle'
  | 'release'
  | { refunded: bigint; whole: boolean }
  | { leave: LimitHold[]; take: LimitHold[] };

/** What a decision wants written, all in one transaction, if the payment still has the version it was made from. */
export type Change = {
  before: Aggregate;
  after: Aggregate;
  events: NewEvent[];
  outbox: OutboxRow[];
  limits: LimitChange | undefined;
};

export const attemptOf = (aggregate: Aggregate, no: number): AttemptState | undefined =>
  aggregate.attempts.find((attempt) => attempt.no === no);

export const refundOf = (aggregate: Aggregate, id: string): RefundState | undefined =>
  aggregate.refunds.find((refund) => refund.id === id);

export const winnerOf = (aggregate: Aggregate): AttemptState | undefined =>
  aggregate.attempts.find((attempt) => attempt.winner);

/** The aggregate with one attempt put in the place of the one with its number, or added. */
export function withAttempt(aggregate: Aggregate, attempt: AttemptState): Aggregate {
  const others = aggregate.attempts.filter(({ no }) => no !== attempt.no);
  return { ...aggregate, attempts: [...others, attempt].sort((a, b) => a.no - b.no) };
}

export function withRefund(aggregate: Aggregate, refund: RefundState): Aggregate {
  const others = aggregate.refunds.filter(({ id }) => id !== refund.id);
  return { ...aggregate, refunds: [...others, refund] };
}
