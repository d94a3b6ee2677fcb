import type { CallbackCourier } from './callbacks.ts';
import type { FaultBook, Operation } from './faults.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { Settings } from './settings.ts';
import type { Timers } from './timers.ts';

/** A call as it arrived. `target` is the raw path with its query and `body` the raw bytes: signatures cover both. */
export type ReceivedRequest = {
  method: string;
  target: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
};

/** An answer to send. `outcome` is a short word for the request log: a protocol code, or `ok`. */
export type Answer = {
  status: number;
  headers: Record<string, string>;
  body: string;
  outcome: string;
  /** Where the signature is in headers: their names, first the one that holds the signature itself. */
  signatureHeaders?: readonly string[];
  /** Where the signature is part of the body: the body without it, and with a wrong one. */
  spoiled?: { unsigned: string; badSignature: string };
};

/** An order as people see it on the sandbox's page and in the control API. */
export type OrderView = {
  channel: string;
  channelTxn: string;
  requestNo: string;
  product: string;
  subject: string;
  /** Minor units. */
  amount: number;
  currency: string;
  state: string;
  issuer: string;
  createdAt: string;
  payable: boolean;
};

/** What a payer's step came to. */
export type PayerOutcome =
  | { done: true; order: OrderView }
  | { done: false; reason: 'unknown_order' | 'not_payable' | 'expired' | 'issuer_outage'; order?: OrderView };

/** One protocol of the sandbox. It owns its wire format and its orders; HTTP, faults and the ledger are shared. */
export type ChannelSimulator = {
  readonly id: string;
  /** The member of `GET /control/credentials` that holds its keys. */
  readonly credentialsName: string;
  credentials(): Record<string, unknown>;
  /** The same as an operator enters it into an account: ready for the channel's adapter. */
  account(): { config: Record<string, unknown>; secrets: Record<string, unknown> };
  /** What a call asks for, or undefined when it is none of this protocol's calls. */
  identify(request: ReceivedRequest): { operation: Operation; requestNo?: string | undefined } | undefined;
  answer(request: ReceivedRequest): Promise<Answer>;
  /** The banks that its payers pay with, by the names that faults use. */
  readonly issuers: readonly string[];
  /** How the channel says that it is closed for maintenance. */
  readonly maintenance: { code: string; status: number; message?: string };
  /** The answer to a call that a fault refuses before any work. */
  refuse(
    request: ReceivedRequest,
    error: { code: string; status: number; message?: string | undefined },
  ): Promise<Answer>;
  /** The answer of a query that pretends not to know the order. */
  denyOrder(request: ReceivedRequest): Promise<Answer>;
  /** @param reference the channel's number, the merchant's number or the code in a payment URL */
  pay(reference: string, options?: { force?: boolean | undefined }): PayerOutcome;
  abandon(reference: string): PayerOutcome;
  findOrder(reference: string): OrderView | undefined;
  /** Newest first. */
  recentOrders(limit: number): OrderView[];
  rotateCertificate(switchAfterMs: number): Promise<Record<string, unknown>>;
  /** Takes one entry of an earlier run into its state. */
  replay(entry: LedgerEntry): void;
  /** Takes up what an earlier run left undone: payers, refunds, callbacks. */
  resume(): void;
};

/** What the sandbox gives to each protocol. */
export type SimulatorContext = {
  dir: string;
  /** Where the sandbox listens; known once it does. */
  baseUrl(): string;
  now(): number;
  ledger: Ledger;
  faults: FaultBook;
  callbacks: CallbackCourier;
  settings(): Settings;
  timers: Timers;
  /** Told about every new order that waits for a payer. */
  orderPlaced(order: OrderView): void;
};

/** Creates one protocol's simulator from its state folder. */
export type CreateChannelSimulator = (context: SimulatorContext) => Promise<ChannelSimulator>;
