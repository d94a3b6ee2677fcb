import * as z from 'zod';
import { momentSchema, versionSchema } from './integers.ts';

/** The kinds of rules that can be tried on recorded payments. */
export const replayableKinds = ['risk', 'routing'] as const;
export type ReplayableKind = (typeof replayableKinds)[number];

/** Most payments that one run looks at, and most changed payments that it keeps by name. */
export const backtestLimits = { payments: 200_000, rows: 10_000, days: 92 } as const;

/** What is tried: a document as it stands, the document of a change, or an earlier version. */
export const backtestSubjectSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('document'), document: z.unknown() }),
  z.strictObject({ from: z.literal('change'), changeId: z.string().min(1).max(64) }),
  z.strictObject({ from: z.literal('version'), version: versionSchema }),
]);
export type BacktestSubject = z.infer<typeof backtestSubjectSchema>;

export const startBacktestSchema = z
  .strictObject({
    kind: z.enum(replayableKinds),
    subject: backtestSubjectSchema,
    /** Compare with what was decided then, or with what the published rules would decide on the same facts. */
    baseline: z.enum(['recorded', 'published']).default('recorded'),
    /** Window by creation, Unix ms; `to` is not included. */
    from: momentSchema,
    to: momentSchema,
    merchantId: z.string().min(1).max(64).optional(),
    serviceId: z.string().min(1).max(64).optional(),
    /** All payments of the window (refused above 200,000), or every k-th of each service and status. */
    sample: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('all') }),
        z.strictObject({ kind: z.literal('stratified'), size: z.int().min(100).max(backtestLimits.payments) }),
      ])
      .default({ kind: 'stratified', size: 20_000 }),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'must be after from' })
  .refine(({ from, to }) => to - from <= backtestLimits.days * 86_400_000, {
    path: ['to'],
    error: `the window may be at most ${backtestLimits.days} days`,
  });
export type StartBacktest = z.infer<typeof startBacktestSchema>;

/** `lost`: the node that ran it went away; what it had found by then is kept. */
export const backtestStates = ['running', 'finished', 'cancelled', 'failed', 'lost'] as const;
export type BacktestState = (typeof backtestStates)[number];

/** Minor units as decimal text, by currency. */
export type AmountByCurrency = Record<string, string>;

/** Payments that went one way live and another way (or the same) by the draft. */
export type MatrixCell = { live: string; draft: string; payments: number; amount: AmountByCurrency; rowsKept: number };

/** Payments counted by what became of them. */
export type Aftermath = {
  payments: number;
  amount: AmountByCurrency;
  /** Refunded later, or failed at the channel. */
  bad: number;
  /** Succeeded, and nothing was refunded. */
  good: number;
  /** Not known: still open, closed without a payment, or refused then. */
  unknown: number;
};

/** A share with its 95 % Wilson interval. */
export type Rate = { observed: number; succeeded: number; rate: number; low: number; high: number };

/** Success that is expected of a set of payments, given each channel's own rate. Absent without observations. */
export type ExpectedSuccess = { payments: number; rate: number; low: number; high: number };

export type BacktestResult = {
  /** Payments in the window that fit the filter; how many of them were looked at; how many each of those stands for. */
  population: number;
  sampled: number;
  everyNth: number;
  evaluated: number;
  /** Evaluated ones whose outcome (risk) or channel (routing) differs. */
  changed: number;
  /** Routing only: same channel, another account. */
  accountChanged: number;
  /** Not evaluated, by why. A payment may lack several facts, so facts can add up to more than `payments`. */
  notReplayable: { payments: number; facts: { fact: string; payments: number }[] };
  /** Not of this kind's concern: no decision was recorded, or risk refused before routing was asked. */
  passedOver: { noDecision: number; notRouted: number };
  matrix: MatrixCell[];
  /** How often each rule fired among the evaluated. */
  rules: { id: string; live: number; draft: number }[];
  /** Most affected first; at most 50. */
  merchants: { merchantId: string; evaluated: number; changed: number; amount: AmountByCurrency }[];
  /** Risk: what would be stopped that went through, and what would go through that was stopped. */
  wouldStop: Aftermath;
  wouldPass: Aftermath;
  /** Routing: what channels charge, by today's prices where none was recorded. In minor units, rounded down per payment. */
  fees: { currency: string; payments: number; live: string; draft: string; delta: string }[];
  /** Routing: rates of the window's finished payments, and what they let expect. */
  channels: ({ channelId: string } & Rate)[];
  expected: { live: ExpectedSuccess | null; draft: ExpectedSuccess | null };
  /** What is taken as it was or as it is, with how many evaluated payments it touches. */
  assumptions: { code: BacktestAssumption; payments: number }[];
  /** Versions that decided then. */
  versions: { version: number; payments: number }[];
  /** Payments decided by the published version whose replay by it differs from the record: 0 unless something is wrong. */
  disagreements: number;
  speed: { evaluations: number; evaluateMs: number; readMs: number };
};

/**
 * What a replay can't know:
 * - `limits_as_then`: refused by a limit then, so refused by it now;
 * - `limits_not_replayed`: refused by a rule then and let through by the draft: limits were never asked;
 * - `merchant_suspended_then`: refused because the merchant was suspended;
 * - `lists_as_then`: list facts are those recorded with the decision;
 * - `channels_as_then`: a channel that was off or unfit then is off or unfit now;
 * - `priority_from_today`, `fee_from_today`: not recorded with the candidates;
 * - `facts_failed_then`: facts that could not be had in time.
 */
export const backtestAssumptions = [
  'limits_as_then',
  'limits_not_replayed',
  'merchant_suspended_then',
  'lists_as_then',
  'channels_as_then',
  'priority_from_today',
  'fee_from_today',
  'facts_failed_then',
] as const;
export type BacktestAssumption = (typeof backtestAssumptions)[number];
