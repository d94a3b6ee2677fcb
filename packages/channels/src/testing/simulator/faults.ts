import * as z from 'zod';
import { createRandom, type Random, sampleLatency } from './random.ts';

/** The operations that a fault can be limited to. */
export const operations = ['place', 'query', 'close', 'reverse', 'refund', 'queryRefund', 'certificates'] as const;
export type Operation = (typeof operations)[number];

const operationsSchema = z.array(z.enum(operations)).min(1);
const shareSchema = z.union([z.number().min(0).max(1), z.boolean().transform(Number)]);
const delaySchema = z.int().min(0).max(86_400_000);
const windowFields = { startAfterMs: delaySchema.optional(), untilMs: delaySchema.optional() };

/** One fault. A share is the part of calls it hits, 0 to 1; `true` means all of them. */
export const faultSchema = z.strictObject({
  name: z.string().max(80).optional(),
  seed: z.int().default(1),
  /** Limits the fault to these operations; `perOperation` is another word for it. */
  operations: operationsSchema.optional(),
  perOperation: operationsSchema.optional(),
  /** Counted from the moment the fault is set. */
  ...windowFields,
  latencyMs: z
    .union([delaySchema, z.strictObject({ p50: z.number().positive(), p99: z.number().positive() })])
    .optional(),
  errorMix: z
    .array(
      z.strictObject({
        code: z.string().min(1).max(64),
        status: z.int().min(400).max(599),
        share: shareSchema,
        message: z.string().max(200).optional(),
        operations: operationsSchema.optional(),
      }),
    )
    .optional(),
  timeout: shareSchema.optional(),
  lostRequest: shareSchema.optional(),
  connectionReset: shareSchema.optional(),
  lostReply: shareSchema.optional(),
  outage: z.union([z.boolean(), z.strictObject(windowFields)]).optional(),
  callbacks: z
    .strictObject({
      mode: z.enum(['normal', 'never', 'duplicate', 'delayed', 'reordered', 'forged']),
      delayMs: delaySchema.default(1000),
      copies: z.int().min(1).max(100).default(2),
      share: shareSchema.default(1),
    })
    .optional(),
  /** Added to the amount that a callback reports; `true` adds 1. */
  wrongAmount: z.union([z.int(), z.boolean().transform(Number)]).optional(),
  orderNotExistFirst: z.int().min(0).max(1000).optional(),
  slowBytes: shareSchema.optional(),
  truncatedJson: shareSchema.optional(),
  oversizedJson: shareSchema.optional(),
  unsigned: shareSchema.optional(),
  badSignature: shareSchema.optional(),
  perIssuerOutage: z.strictObject({ issuer: z.string().min(1).max(32), share: shareSchema.default(1) }).optional(),
  /** Refunds that end as failed (for WeChat Pay: ABNORMAL). */
  refundFailure: shareSchema.optional(),
});
export type Fault = z.infer<typeof faultSchema>;
export const faultListSchema = z.union([z.array(faultSchema).max(50), faultSchema.transform((fault) => [fault])]);

/** What happens to one call, decided once when it arrives. */
export type CallPlan = {
  latencyMs: number;
  before?: 'timeout' | 'lostRequest' | 'connectionReset' | 'outage';
  error?: { code: string; status: number; message?: string | undefined };
  notExist: boolean;
  lostReply: boolean;
  mangle?: 'slowBytes' | 'truncatedJson' | 'oversizedJson' | 'unsigned' | 'badSignature';
};

/** What happens to one callback. */
export type CallbackPlan = { mode: NonNullable<Fault['callbacks']>['mode']; delayMs: number; copies: number };

/** The faults of one channel. */
export type FaultBook = {
  /** Replaces all faults; their clocks and random streams start now. */
  set(faults: readonly Fault[]): void;
  list(): { faults: Fault[]; hits: Record<string, number>[] };
  planCall(operation: Operation, requestNo: string | undefined): CallPlan;
  planCallback(): CallbackPlan;
  wrongAmountDelta(): number;
  failsRefund(): boolean;
  isIssuerDown(issuer: string): boolean;
};

type Standing = {
  fault: Fault;
  since: number;
  random: Random;
  hits: Record<string, number>;
  misses: Map<string, number>;
};

const isWithin = (
  elapsedMs: number,
  span: { startAfterMs?: number | undefined; untilMs?: number | undefined },
): boolean => elapsedMs >= (span.startAfterMs ?? 0) && elapsedMs < (span.untilMs ?? Number.POSITIVE_INFINITY);

const beforeKinds = ['timeout', 'lostRequest', 'connectionReset'] as const;
const mangleKinds = ['slowBytes', 'truncatedJson', 'oversizedJson', 'unsigned', 'badSignature'] as const;

/** Creates the fault book of one channel, empty. */
export const createFaultBook = (now: () => number): FaultBook => {
  let standing: Standing[] = [];

  const active = (operation?: Operation) =>
    standing.filter(({ fault, since }) => {
      const only = fault.operations ?? fault.perOperation;
      const applies = operation === undefined || only === undefined || only.includes(operation);
      return applies && isWithin(now() - since, fault);
    });
  const hit = (one: Standing, kind: string) => {
    one.hits[kind] = (one.hits[kind] ?? 0) + 1;
  };
  const draw = (one: Standing, kind: string, share: number | undefined): boolean => {
    if (share === undefined || one.random() >= share) return false;
    hit(one, kind);
    return true;
  };

  const addLatency = (one: Standing, plan: CallPlan) => {
    const latency = one.fault.latencyMs;
    if (latency === undefined) return;
    plan.latencyMs += typeof latency === 'number' ? latency : sampleLatency(one.random, latency.p50, latency.p99);
    hit(one, 'latencyMs');
  };
  const addBefore = (one: Standing, plan: CallPlan) => {
    const { outage } = one.fault;
    if (outage === true || (typeof outage === 'object' && isWithin(now() - one.since, outage))) {
      plan.before ??= 'outage';
      hit(one, 'outage');
    }
    for (const kind of beforeKinds) if (draw(one, kind, one.fault[kind])) plan.before ??= kind;
  };
  const addError = (one: Standing, plan: CallPlan, operation: Operation) => {
    const mix = (one.fault.errorMix ?? []).filter((error) => error.operations?.includes(operation) ?? true);
    if (mix.length === 0) return;
    // One draw for the whole mix: the shares of its members add up.
    let left = one.random();
    for (const { code, status, share, message } of mix) {
      left -= share;
      if (left >= 0) continue;
      plan.error ??= { code, status, message };
      hit(one, `error:${code}`);
      return;
    }
  };
  const addNotExist = (one: Standing, plan: CallPlan, operation: Operation, requestNo: string | undefined) => {
    const first = one.fault.orderNotExistFirst;
    if (first === undefined || operation !== 'query' || requestNo === undefined) return;
    const said = one.misses.get(requestNo) ?? 0;
    if (said >= first) return;
    one.misses.set(requestNo, said + 1);
    plan.notExist = true;
    hit(one, 'orderNotExistFirst');
  };

  return {
    set: (faults) => {
      const since = now();
      standing = faults.map((fault) => ({
        fault,
        since,
        random: createRandom(fault.seed),
        hits: {},
        misses: new Map(),
      }));
    },
    list: () => ({ faults: standing.map(({ fault }) => fault), hits: standing.map(({ hits }) => ({ ...hits })) }),
    planCall: (operation, requestNo) => {
      const plan: CallPlan = { latencyMs: 0, notExist: false, lostReply: false };
      for (const one of active(operation)) {
        addLatency(one, plan);
        addBefore(one, plan);
        addError(one, plan, operation);
        addNotExist(one, plan, operation, requestNo);
        if (draw(one, 'lostReply', one.fault.lostReply)) plan.lostReply = true;
        for (const kind of mangleKinds) if (draw(one, kind, one.fault[kind])) plan.mangle ??= kind;
      }
      return plan;
    },
    planCallback: () => {
      for (const one of active()) {
        const callbacks = one.fault.callbacks;
        if (callbacks === undefined || !draw(one, `callbacks:${callbacks.mode}`, callbacks.share)) continue;
        return { mode: callbacks.mode, delayMs: callbacks.delayMs, copies: callbacks.copies };
      }
      return { mode: 'normal', delayMs: 0, copies: 1 };
    },
    wrongAmountDelta: () => {
      const wrong = active().filter(({ fault }) => (fault.wrongAmount ?? 0) !== 0);
      for (const one of wrong) hit(one, 'wrongAmount');
      return wrong.reduce((delta, { fault }) => delta + (fault.wrongAmount ?? 0), 0);
    },
    failsRefund: () => active().some((one) => draw(one, 'refundFailure', one.fault.refundFailure)),
    isIssuerDown: (issuer) =>
      active().some((one) => {
        const outage = one.fault.perIssuerOutage;
        return outage?.issuer === issuer && draw(one, `issuer:${issuer}`, outage.share);
      }),
  };
};
