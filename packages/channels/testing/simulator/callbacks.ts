import { join } from 'node:path';
import * as z from 'zod';
import type { CallbackPlan } from './faults.ts';
import { openJournal } from './journal.ts';
import type { Settings } from './settings.ts';
import type { Timers } from './timers.ts';

/** Bytes of one callback attempt. */
export type CallbackBytes = { headers: Record<string, string>; body: string };

/** A callback to deliver. The same `id` is never delivered twice by itself, not even after a restart. */
export type Callback = {
  id: string;
  url: string;
  /** Seals and signs afresh for every attempt, as channels do. */
  write(): Promise<CallbackBytes>;
  /** An imitation by somebody without the keys; `variant` counts up through the kinds of forgery. */
  forge(variant: number): Promise<CallbackBytes>;
  /** Waits before each attempt after the first, in seconds. */
  retryDelaysSeconds: readonly number[];
  /** What the merchant's answer must be for the callback to count as taken; any status 2xx unless said. */
  isTaken?(status: number, body: string): boolean;
};

/** Delivers callbacks until the merchant takes them or the schedule ends. */
export type CallbackCourier = {
  send(callback: Callback, plan: CallbackPlan): void;
  /** Sends imitations only, about something that did not happen. */
  sendForged(callback: Callback, copies: number): void;
  /** True when an earlier run delivered it, dropped it or gave it up. */
  isFinished(id: string): boolean;
  counts(): { delivered: number; dropped: number; gaveUp: number; pending: number; attempts: number; forged: number };
  close(): Promise<void>;
};

const lineSchema = z.object({
  id: z.string(),
  event: z.enum(['attempted', 'delivered', 'dropped', 'gave-up']),
  at: z.string(),
  detail: z.string().optional(),
});

/** How long a merchant may take to answer a callback. */
const answerTimeoutMs = 5000;
/** By how much a later callback is ahead of the one it overtakes. */
const overtakeMs = 50;

/** What the courier needs to run. */
export type CourierDeps = { dir: string; now(): number; settings(): Settings; timers: Timers; ready(): Promise<void> };

/**
 * Opens the courier with its journal (`callbacks.jsonl`), which remembers across restarts what was delivered.
 * @param deps.ready resolves when everything that a callback would reveal is on disk
 */
export const openCallbackCourier = async (deps: CourierDeps): Promise<CallbackCourier> => {
  const journal = await openJournal(join(deps.dir, 'callbacks.jsonl'), (value) => lineSchema.parse(value));
  const finished = new Map<string, 'delivered' | 'dropped' | 'gave-up'>();
  const attempted = new Map<string, number>();
  const totals = { delivered: 0, dropped: 0, gaveUp: 0, attempts: 0, forged: 0 };
  const pending = new Set<string>();
  const held: (() => void)[] = [];
  let closed = false;

  const note = (id: string, event: z.infer<typeof lineSchema>['event']) => {
    if (event === 'attempted') {
      attempted.set(id, (attempted.get(id) ?? 0) + 1);
      totals.attempts += 1;
      return;
    }
    if (!finished.has(id)) totals[event === 'gave-up' ? 'gaveUp' : event] += 1;
    finished.set(id, event);
    pending.delete(id);
  };
  const record = (id: string, event: z.infer<typeof lineSchema>['event'], detail?: string) => {
    note(id, event);
    journal.append({ id, event, at: new Date(deps.now()).toISOString(), ...(detail === undefined ? {} : { detail }) });
  };
  for (const line of journal.recovered) note(line.id, line.event);

  const post = async (
    url: string,
    bytes: CallbackBytes,
    isTaken?: Callback['isTaken'],
  ): Promise<{ result: string; taken: boolean }> => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: '*/*', 'user-agent': 'Mozilla/4.0', ...bytes.headers },
        body: bytes.body,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerTimeoutMs),
      });
      const { status } = response;
      if (isTaken !== undefined) return { result: String(status), taken: isTaken(status, await response.text()) };
      await response.body?.cancel();
      return { result: String(status), taken: status >= 200 && status < 300 };
    } catch (error) {
      return { result: error instanceof Error ? error.name : 'error', taken: false };
    }
  };

  const attempt = async (callback: Callback, copies: number): Promise<void> => {
    if (closed || finished.has(callback.id)) return;
    await deps.ready();
    const results = await Promise.all(
      Array.from({ length: copies }, async () => {
        const bytes = await callback.write();
        return closed ? { result: 'closed', taken: false } : post(callback.url, bytes, callback.isTaken);
      }),
    );
    if (closed) return;
    record(callback.id, 'attempted', results.map(({ result }) => result).join(','));
    if (results.some(({ taken }) => taken)) {
      record(callback.id, 'delivered');
      return;
    }
    const wait = callback.retryDelaysSeconds[(attempted.get(callback.id) ?? 1) - 1];
    if (wait === undefined) record(callback.id, 'gave-up');
    else deps.timers.after(wait * 1000 * deps.settings().callbackTimeScale, () => start(callback, 1));
  };
  const start = (callback: Callback, copies: number) => {
    // A journal that cannot be written ends the attempt; the next start of the sandbox takes it up again.
    attempt(callback, copies).catch(() => undefined);
  };

  const sendForged = (callback: Callback, copies: number) => {
    for (let variant = 0; variant < copies; variant += 1) {
      totals.forged += 1;
      callback
        .forge(variant)
        .then((bytes) => post(callback.url, bytes))
        .catch(() => undefined);
    }
  };

  /** Keeps a callback back until the next one overtakes it, or until the wait is over. */
  const hold = (release: () => void, delayMs: number) => {
    let released = false;
    const once = () => {
      if (!released) release();
      released = true;
    };
    const overtaken = held.splice(0);
    if (overtaken.length === 0) {
      held.push(once);
      deps.timers.after(delayMs, once);
      return;
    }
    once();
    for (const earlier of overtaken) deps.timers.after(overtakeMs, earlier);
  };

  return {
    send: (callback, plan) => {
      if (closed || finished.has(callback.id) || pending.has(callback.id)) return;
      if (plan.mode === 'never') {
        record(callback.id, 'dropped');
        return;
      }
      pending.add(callback.id);
      if (plan.mode === 'forged') sendForged(callback, plan.copies);
      const copies = plan.mode === 'duplicate' ? plan.copies : 1;
      const delayMs = deps.settings().callbackDelayMs + (plan.mode === 'delayed' ? plan.delayMs : 0);
      if (plan.mode === 'reordered') hold(() => start(callback, copies), plan.delayMs);
      else if (delayMs === 0) start(callback, copies);
      else deps.timers.after(delayMs, () => start(callback, copies));
    },
    sendForged,
    isFinished: (id) => finished.has(id),
    counts: () => ({ ...totals, pending: pending.size }),
    close: async () => {
      closed = true;
      await journal.close();
    },
  };
};
