import type { ChannelResult, RefundResult } from '@tributary/channels/channel-result';
import type { CreatePayment, CreateRefund, Payment, Refund } from '@tributary/contracts/payment';
import type { ConfigSnapshot, MerchantConfig } from '../config/snapshot.ts';
import type { Exchange } from './ports.ts';

/** Who asks, as established by the access layer. */
export type MerchantCaller = {
  merchant: MerchantConfig;
  snapshot: ConfigSnapshot;
  keyId: string;
  requestId: string;
  /** W3C trace id, 32 hex digits. */
  traceId: string;
  /** `performance.now()` at which the request's first byte was read. */
  receivedAtMs: number;
};

/** The Idempotency-Key and the SHA-256 of method, path and raw body that it stands for. */
export type IdempotencyClaim = { key: string; requestHash: Buffer };

/** An answer that is stored under the idempotency key and replayed byte for byte. */
export type StoredAnswer = { status: number; body: string; replayed: boolean };

/**
 * Takes a payment: risk, routing, first commit, channel call, second commit.
 * @throws AppError idempotency_key_in_flight, idempotency_key_reused, merchant_order_no_taken, service_unavailable,
 *   currency_not_allowed, amount_out_of_range, invalid_request (a field that this service needs)
 */
export type PlacePayment = (
  caller: MerchantCaller,
  claim: IdempotencyClaim,
  request: CreatePayment,
) => Promise<StoredAnswer>;

/** @throws AppError not_found, payment_not_refundable, refund_exceeds_payment, merchant_refund_no_taken, idempotency_* */
export type CreateRefundOf = (
  caller: MerchantCaller,
  claim: IdempotencyClaim,
  paymentId: string,
  request: CreateRefund,
) => Promise<StoredAnswer>;

/**
 * Closes an open payment at the channel (or reverses it) and then here. A payment that was paid meanwhile comes back
 * `succeeded`: closing never loses money. Closing a closed payment answers it unchanged.
 * @throws AppError not_found, payment_already_final (failed or rejected)
 */
export type ClosePayment = (request: {
  paymentId: string;
  /** undefined: on behalf of the system. */
  merchantId: string | undefined;
  reason: 'closed_by_merchant' | 'expired';
  actor: string;
}) => Promise<Payment>;

/**
 * The right to look one order up, given with `token` when it was claimed; of an attempt or of a refund. With `fence` when it
 * was claimed for a shard. What is learned under it is written only while neither has been given to somebody else.
 */
export type LookUpClaim = {
  attemptNo?: number;
  refundId?: string;
  token: bigint;
  fence?: { shard: number; token: bigint };
  forMs: number;
};

/** Where news came from, for the trace. */
export type NewsSource = {
  actor: 'reply' | 'callback' | 'sync' | 'close' | 'manual';
  exchange?: Exchange;
  /** For callbacks: the channel's notification id. */
  notifyId?: string;
  /** Under which a worker asked, and where it had the order from: `memory`, `shard`, `batch`, or a `person`. */
  claim?: LookUpClaim;
  tier?: string;
  /**
   * The channel was asked after the wish to close the payment stood, by whoever carries it out. Other answers that tell of
   * money meanwhile may be older than the close.
   */
  sinceClosing?: boolean;
  /** The news is the answer to this wish to end the order. */
  wish?: 'close' | 'reverse';
  /** Event kind to write when nothing changes but the exchange is worth keeping (a look-up that says "still pending"). */
  note?: string;
};

/** `refused`: it was learned under a claim that is somebody else's by now, and nothing was written. */
export type RecordOutcome = 'changed' | 'unchanged' | 'missing' | 'refused';

/** The single door for news about an attempt: idempotent, monotonic, order-independent. */
export type RecordResult = (
  attempt: { paymentId: string; attemptNo: number },
  result: ChannelResult,
  source: NewsSource,
) => Promise<RecordOutcome>;

/** Commits that a reversal of an attempt is about to be sent; `unchanged` when that stands already. */
export type MarkReversing = (
  attempt: { paymentId: string; attemptNo: number },
  source: NewsSource,
) => Promise<RecordOutcome>;

/** The same door for news about a refund. */
export type RecordRefundResult = (
  refund: { paymentId: string; refundId: string },
  result: RefundResult,
  source: NewsSource,
) => Promise<RecordOutcome>;

/** An attempt that a worker should look up. */
export type OpenAttempt = {
  paymentId: string;
  attemptNo: number;
  merchantId: string;
  serviceId: string;
  product: string;
  channelId: string;
  accountId: string;
  requestNo: string;
  status: 'sending' | 'pending' | 'unknown';
  sentAt: Date;
  expiresAt: Date;
  syncStep: number;
  nextSyncAt: Date;
  /** Set when the merchant or expiry asked to close. */
  closeReason: string | undefined;
  reversing: boolean;
  seen: boolean;
  notFoundSince: Date | undefined;
};

export type OpenRefund = {
  paymentId: string;
  refundId: string;
  refundNo: string;
  requestNo: string;
  channelId: string;
  accountId: string;
  /** The channel's number of the payment that is given back. */
  channelTxn: string | undefined;
  channelState: 'sending' | 'pending' | 'unknown' | 'declined';
  amount: bigint;
  total: bigint;
  currency: string;
  reason: string | undefined;
  syncStep: number;
  nextSyncAt: Date;
};

/** Reads for the merchant API; every one is scoped to the merchant. */
export type PaymentReads = {
  findPayment(merchantId: string, paymentId: string): Promise<Payment | undefined>;
  listPayments(
    merchantId: string,
    filter: { merchantOrderNo?: string; status?: string; from?: Date; to?: Date; cursor?: string; limit: number },
  ): Promise<{ data: Payment[]; nextCursor: string | null }>;
  findRefund(merchantId: string, refundId: string): Promise<Refund | undefined>;
};

/** Outbox topics and their payloads: ids only, state is read from Postgres. */
export type OutboxTopic = 'sync-attempt' | 'sync-refund' | 'notify-merchant';
export type SyncAttemptMessage = {
  paymentId: string;
  attemptNo: number;
  step: number;
  channelId: string;
  /** ISO 8601; now when there is none. */
  dueAt?: string;
};
export type SyncRefundMessage = {
  paymentId: string;
  refundId: string;
  step: number;
  channelId: string;
  dueAt?: string;
};
/** What merchants are told of: `data` is what they see of it, as of the event. */
export type NotifyMerchantMessage = {
  paymentId: string;
  eventSeq: number;
  type: string;
  data: { payment: Payment; refund?: Refund };
};
