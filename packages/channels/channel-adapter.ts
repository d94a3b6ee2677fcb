import type { Money } from '@tributary/contracts/money';
import type { Credential } from '@tributary/contracts/payment';
import type { Product, SyncSchedule } from '@tributary/contracts/service-config';
import type { ChannelResult, RefundResult, TrustedKey, TrustResult } from './channel-result.ts';
import type { CodeTable } from './code-table.ts';
import type { SignatureDoctor } from './wire/doctor/diagnosis.ts';

/** Bytes to send. `path` starts with `/` and includes the query; the gateway puts the account's base URL before it. */
export type WireRequest = { method: 'GET' | 'POST'; path: string; headers: Record<string, string>; body: string };

/**
 * Nothing to send: the payer's own browser carries the signed request to the channel, so placing the order is handing
 * out this credential. The channel knows the order only once the payer has gone there.
 */
export type Handover = { credential: Credential };

/** Bytes received. Header names are lower case; `body` is exactly what came, because signatures cover it. */
export type WireResponse = { status: number; headers: Record<string, string>; body: Buffer };

/** What to answer to a channel's callback. */
export type WireReply = { status: number; headers: Record<string, string>; body: string };

/**
 * What every call about an attempt names it by. `requestNo` is our number of the attempt at the channel (at most 32
 * characters of `[0-9A-Za-z]`, unique for ever). `orderedAt` is the same moment in every call about it, because some
 * channels know an order by number and time together.
 */
type OrderNamed = { requestNo: string; orderedAt: Date };

/** The same for a refund: `refundNo` is our number of it at the channel. */
type RefundNamed = { refundNo: string; refundOrderedAt: Date };

export type PlaceCall = OrderNamed & {
  op: 'place';
  product: Product;
  amount: Money;
  subject: string;
  expiresAt: Date;
  /** Absolute URL to which the channel sends its callback about this attempt. */
  notifyUrl: string;
  returnUrl?: string;
  payer: { ip?: string; openId?: string; authCode?: string; deviceId?: string };
};
export type QueryCall = OrderNamed & { op: 'query'; product: Product };
export type CloseCall = OrderNamed & { op: 'close'; product: Product };
export type ReverseCall = OrderNamed & { op: 'reverse'; product: Product };
export type RefundCall = OrderNamed &
  RefundNamed & {
    op: 'refund';
    /** The channel's number of the payment, as it came with its success. */
    channelTxn?: string;
    amount: Money;
    /** What the payment took in full. */
    total: Money;
    reason?: string;
    notifyUrl: string;
  };
export type QueryRefundCall = OrderNamed & RefundNamed & { op: 'queryRefund' };
export type FetchTrustCall = { op: 'fetchTrust' };

export type PaymentCall = PlaceCall | QueryCall | CloseCall | ReverseCall;
export type RefundingCall = RefundCall | QueryRefundCall;
export type ChannelCall = PaymentCall | RefundingCall | FetchTrustCall;
export type ChannelOperation = ChannelCall['op'];

/** The result type that belongs to a call. */
export type ResultOf<Call extends ChannelCall> = Call extends RefundingCall
  ? RefundResult
  : Call extends FetchTrustCall
    ? TrustResult
    : ChannelResult;

/** A callback as it arrived. Header names are lower case; `body` is the raw bytes. */
export type Notification = { headers: Record<string, string>; body: Buffer };

/** A verified callback, or why it was refused. `notifyId` makes duplicates recognisable. */
export type NotifyResult =
  | { kind: 'payment'; notifyId: string; requestNo: string; result: ChannelResult }
  | { kind: 'refund'; notifyId: string; requestNo: string; refundNo: string; result: RefundResult }
  | {
      kind: 'refused';
      reason: 'bad_signature' | 'unknown_key' | 'stale' | 'unreadable' | 'wrong_account' | 'unsupported';
    };

/** A call that can't be put into the channel's words. Certainly nothing was sent: the gateway answers `not_sent`. */
export class UnsupportedCallError extends Error {
  override readonly name = 'UnsupportedCallError';
}

/**
 * A channel account opened for use: pure translation, no I/O. `at` and `nonce` are passed in so that a test is
 * "these bytes in, that answer out". `parseResponse` verifies the channel's signature before it believes anything.
 */
export type ChannelSession = {
  /**
   * The bytes to send, or a handover when nothing has to be sent.
   * @throws UnsupportedCallError when the call lacks what the product needs, or asks for what the channel can't do
   */
  buildRequest(call: ChannelCall, at: Date, nonce: string): WireRequest | Handover;
  parseResponse<Call extends ChannelCall>(call: Call, response: WireResponse, at: Date): ResultOf<Call>;
  parseNotify(notification: Notification, at: Date): NotifyResult;
  /** The answer that tells the channel whether we took the callback (true: stop sending; false: send again). */
  acknowledge(accepted: boolean): WireReply;
  /** Tells why a message of this account does not verify; without it the console can not examine the channel's messages. */
  doctor?: SignatureDoctor;
};

/**
 * How an unpaid order is brought to its end: closed (关单) or reversed (撤销) by a call, or, at channels that know
 * neither for the product, by its own expiry: after that nobody can pay it any more.
 */
export type OrderEnding = 'close' | 'reverse' | 'expiry';

export function endingOf(adapter: ChannelAdapter | undefined, product: Product): OrderEnding {
  if (adapter?.reversedProducts.has(product)) return 'reverse';
  return adapter === undefined || adapter.operations.has('close') ? 'close' : 'expiry';
}

/** How a channel likes to be asked about orders of a product. `isLeast`: services may ask it later than that, never sooner. */
export type ChannelSchedule = { schedule: SyncSchedule; isLeast: boolean };

export const scheduleOf = (adapter: ChannelAdapter, product: Product | undefined): ChannelSchedule => ({
  schedule: adapter.productSchedules?.get(product ?? '') ?? adapter.syncSchedule,
  isLeast: adapter.isAskedNoSooner ?? false,
});

/** The longest that a call to look an order up, or to bring it to its end, may take by the adapter's own deadlines, in ms. */
export const longestLookUpMs = (
  { deadlinesMs }: ChannelAdapter,
  overrides: Readonly<Partial<Record<ChannelOperation, number>>> = {},
): number =>
  Math.max(
    ...(['query', 'close', 'reverse', 'refund', 'queryRefund'] as const).map(
      (op) => overrides[op] ?? deadlinesMs[op] ?? 0,
    ),
  );

/** An account as the engine keeps it; `baseUrl` has no trailing slash. */
export type StoredAccount = { config: unknown; secrets: unknown; baseUrl: string };

/** What a product needs to know before it can be placed. */
export type ProductNeeds = { payer: readonly ('ip' | 'openId' | 'authCode')[] };

/** What a channel can do and how it likes to be treated. Defaults only: services and channels override them as data. */
export type ChannelAdapter = {
  readonly id: string;
  /** What it speaks, and what of the payer must come with a payment by it. */
  readonly products: ReadonlyMap<Product, ProductNeeds>;
  readonly operations: ReadonlySet<ChannelOperation>;
  /** Milliseconds from the first byte out to the last byte in, for every operation that it has. */
  readonly deadlinesMs: Readonly<Partial<Record<ChannelOperation, number>>>;
  /** When to look open orders up, by product where one is paid in another way; services override it as data. */
  readonly syncSchedule: SyncSchedule;
  readonly productSchedules?: ReadonlyMap<Product, SyncSchedule>;
  /** The channel allows few look-ups of one order: services may ask later than its schedule says, never sooner. */
  readonly isAskedNoSooner?: boolean;
  /** Products whose unfinished order must be reversed (撤销) rather than closed (关单). */
  readonly reversedProducts: ReadonlySet<Product>;
  /**
   * Products whose order may be placed once more, word for word and under its number, when the answer was lost: the
   * channel gives the same order's credential again, and until then nobody could have paid.
   */
  readonly repeatableProducts: ReadonlySet<Product>;
  /** Its response codes; what is not in it is unknown and is counted as unmapped. */
  readonly codes: CodeTable;
  /** Codes by which it says that our signature did not verify: our key, or the number of our certificate, is wrong. */
  readonly signatureRefusals?: ReadonlySet<string>;
  /**
   * JSON Schema of the account: `config` is shown in the console, `secrets` never is. A property of `config` marked
   * `identity` says who the account is at the channel: another value is another account.
   */
  readonly accountJsonSchema: { config: unknown; secrets: unknown };
  /** Names of wire fields (at any depth of a JSON body) and headers that must be masked before anything is stored. */
  readonly sensitiveFields: ReadonlySet<string>;
  /**
   * Parses a stored account once and opens it.
   * @param account `config` and `secrets` as stored (secrets decrypted), and where the channel is reached, for links
   *   that payers follow
   * @param trust the channel's signing keys as last fetched
   * @throws ZodError when the account does not fit the channel's schema
   */
  open(account: StoredAccount, trust: readonly TrustedKey[]): ChannelSession;
};
