import * as z from 'zod';
import { createRandom, drawLatency, type Random } from './random.ts';

/** The operations that a fault can be limited to. */
export const operations = ['place', 'query', 'close', 'reverse', 'refund', 'queryRefund', 'certificates'] as const;
export type Operation = (typeof operations)[number];

const operationsSchema = z.array(z.enum(operations)).min(1);
const shareSchema = z.union([z.number().min(0).max(1), z.boolean().transform(Number)]);
const delaySchema = z.int().min(0).max(86_400_000);
const retryAfterSchema = z.int().min(0).max(86_400);
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
  /** Wait before the work: fixed, uniform between two bounds, or log-normal. */
  latencyMs: z
    .union([
      delaySchema,
      z.strictObject({ p50: delaySchema.min(1), p99: delaySchema.min(1) }),
      z.strictObject({ min: delaySchema, max: delaySchema }),
    ])
    .optional(),
  errorMix: z
    .array(
      z.strictObject({
        code: z.string().min(1).max(64),
        status: z.int().min(400).max(599),
        share: shareSchema,
        message: z.string().max(200).optional(),
        operations: operationsSchema.optional(),
        retryAfterSeconds: retryAfterSchema.optional(),
      }),
    )
    .optional(),
  /** Turned away at the gate, before anybody looks at the call: 429 with Retry-After, unsigned. */
  rateLimit: z
    .strictObject({ share: shareSchema.default(1), retryAfterSeconds: retryAfterSchema.default(1) })
    .optional(),
  /** Every call is refused in the channel's own words for it. */
  maintenance: z.union([z.boolean(), z.strictObject(windowFields)]).optional(),
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
  /** The work is done and half an answer sent; then nothing more, and the connection stays open. */
  halfOpen: shareSchema.optional(),
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
  before?: 'timeout' | 'lostRequest' | 'connectionReset' | 'outage' | 'rateLimit' | 'maintenance';
  error?: { code: string; status: number; message?: string | undefined };
  /** What a refusal says about when to come again. */
  retryAfterSeconds?: number;
  notExist: boolean;
  lostReply: boolean;
  mangle?: 'halfOpen' | 'slowBytes' | 'truncatedJson' | 'oversizedJson' | 'unsigned' | 'badSignature';
};

/** What happens to one callback. */
export type CallbackPlan = { mode: NonNullable<Fault['callbacks']>['mode']; delayMs: number; copies: number };

/** A fault at a time: from `afterSeconds` after the script was set, for `forSeconds` (to the end of time when absent). */
export const scriptSchema = z
  .array(
    z.strictObject({
      afterSeconds: z.number().min(0).max(86_400),
      forSeconds: z.number().positive().max(86_400).optional(),
      fault: faultSchema,
    }),
  )
  .min(1)
  .max(50);
export type Script = z.infer<typeof scriptSchema>;

/** One step of a script as it stands now. Its number stays the same until another script is set. */
export type ScriptStep = Script[number] & {
  id: number;
  state: 'waiting' | 'active' | 'over' | 'cancelled';
  hits: Record<string, number>;
};

/** The faults of one channel: those that stand, and those of its script. */
export type FaultBook = {
  /** Replaces all standing faults; their clocks and random streams start now. The script goes on. */
  set(faults: readonly Fault[]): void;
  list(): { faults: Fault[]; hits: Record<string, number>[] };
  /** Replaces the script; its clock starts now. */
  setScript(script: Script): void;
  listScript(): ScriptStep[];
  /** Ends a step now, or before it begins. @returns false when there is no such step, or it is over */
  cancelStep(id: number): boolean;
  planCall(operation: Operation, requestNo: string | undefined): CallPlan;
  planCallback(): CallbackPlan;
  wrongAmountDelta(): number;
  failsRefund(): boolean;
  isIssuerDown(issuer: string): boolean;
};

type Standing = {
  fault: Fault;
  /** Its clock starts here, and ends there. */
  since: number;
  until: number;
  random: Random;
  hits: Record<string, number>;
  misses: Map<string, number>;
};

const isWithin = (
  elapsedMs: number,
  span: { startAfterMs?: number | undefined; untilMs?: number | undefined },
): boolean => elapsedMs >= (span.startAfterMs ?? 0) && elapsedMs < (span.untilMs ?? Number.POSITIVE_INFINITY);

const beforeKinds = ['timeout', 'lostRequest', 'connectionReset'] as const;
const mangleKinds = ['halfOpen', 'slowBytes', 'truncatedJson', 'oversizedJson', 'unsigned', 'badSignature'] as const;

/** Creates the fault book of one channel, empty. */
export const createFaultBook = (now: () => number): FaultBook => {
  let standing: Standing[] = [];
  let script: { step: Script[number]; standing: Standing; cancelled: boolean }[] = [];

  const stand = (fault: Fault, since: number, until = Number.POSITIVE_INFINITY): Standing => ({
    fault,
    since,
    until,
    random: createRandom(fault.seed),
    hits: {},
    misses: new Map(),
  });
  const stateOf = ({ standing: { since, until }, cancelled }: (typeof script)[number]): ScriptStep['state'] => {
    if (now() >= until) return cancelled ? 'cancelled' : 'over';
    return now() < since ? 'waiting' : 'active';
  };
  const active = (operation?: Operation) =>
    [...standing, ...script.map((one) => one.standing)].filter(({ fault, since, until }) => {
      const only = fault.operations ?? fault.perOperation;
      const applies = operation === undefined || only === undefined || only.includes(operation);
      return applies && now() < until && isWithin(now() - since, fault);
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
    plan.latencyMs += drawLatency(one.random, latency);
    hit(one, 'latencyMs');
  };
  const addBefore = (one: Standing, plan: CallPlan) => {
    for (const kind of ['outage', 'maintenance'] as const) {
      const span = one.fault[kind];
      if (span !== true && !(typeof span === 'object' && isWithin(now() - one.since, span))) continue;
      plan.before ??= kind;
      hit(one, kind);
    }
    const { rateLimit } = one.fault;
    if (draw(one, 'rateLimit', rateLimit?.share) && plan.before === undefined) {
      plan.before = 'rateLimit';
      plan.retryAfterSeconds = rateLimit?.retryAfterSeconds ?? 1;
    }
    for (const kind of beforeKinds) if (draw(one, kind, one.fault[kind])) plan.before ??= kind;
  };
  const addError = (one: Standing, plan: CallPlan, operation: Operation) => {
    const mix = (one.fault.errorMix ?? []).filter((error) => error.operations?.includes(operation) ?? true);
    if (mix.length === 0) return;
    // One draw for the whole mix: the shares of its members add up.
    let left = one.random();
    for (const { code, status, share, message, retryAfterSeconds } of mix) {
      left -= share;
      if (left >= 0) continue;
      if (plan.error === undefined) {
        plan.error = { code, status, message };
        if (retryAfterSeconds !== undefined) plan.retryAfterSeconds = retryAfterSeconds;
      }
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
      standing = faults.map((fault) => stand(fault, since));
    },
    setScript: (steps) => {
      const setAt = now();
      script = steps.map((step) => {
        const since = setAt + step.afterSeconds * 1000;
        const until = step.forSeconds === undefined ? undefined : since + step.forSeconds * 1000;
        return { step, standing: stand(step.fault, since, until), cancelled: false };
      });
    },
    listScript: () =>
      script.map((one, id) => ({ id, ...one.step, state: stateOf(one), hits: { ...one.standing.hits } })),
    cancelStep: (id) => {
      const one = script[id];
      if (one === undefined || now() >= one.standing.until) return false;
      one.cancelled = true;
      one.standing.until = now();
      return true;
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
