import type { Operation } from './faults.ts';

/** One call as the sandbox saw it. */
export type LoggedRequest = {
  at: string;
  channel: string;
  operation: Operation;
  requestNo?: string | undefined;
  /** `ok`, a protocol code, or the fault that met the call. */
  outcome: string;
  /** Null when nothing was answered. */
  status: number | null;
  durationMs: number;
};

/** Sums per channel and operation since the start or the last reset. */
export type OperationCounters = {
  count: number;
  inFlight: number;
  maxConcurrency: number;
  outcomes: Record<string, number>;
};

/** A bounded log of calls with counters, for isolation tests. */
export type RequestLog = {
  /** Counts a call in; the returned function counts it out. Calling it again does nothing. */
  begin(
    channel: string,
    operation: Operation,
    requestNo: string | undefined,
  ): (outcome: string, status: number | null) => void;
  select(filter: {
    channel?: string | undefined;
    operation?: string | undefined;
    requestNo?: string | undefined;
    limit?: number | undefined;
  }): LoggedRequest[];
  counters(): Record<string, Record<string, OperationCounters>>;
  reset(): void;
};

/** Creates an empty log that keeps the newest `capacity` calls. */
export const createRequestLog = (now: () => number, capacity = 10_000): RequestLog => {
  let logged: LoggedRequest[] = [];
  const counters = new Map<string, Map<string, OperationCounters>>();

  const countersOf = (channel: string, operation: string): OperationCounters => {
    const perOperation = counters.get(channel) ?? new Map<string, OperationCounters>();
    counters.set(channel, perOperation);
    const found = perOperation.get(operation) ?? { count: 0, inFlight: 0, maxConcurrency: 0, outcomes: {} };
    perOperation.set(operation, found);
    return found;
  };
  const bump = (counter: OperationCounters) => {
    counter.count += 1;
    counter.inFlight += 1;
    counter.maxConcurrency = Math.max(counter.maxConcurrency, counter.inFlight);
  };

  return {
    begin: (channel, operation, requestNo) => {
      const startedAt = now();
      // `all` holds the concurrency over every operation of the channel.
      const touched = [countersOf(channel, operation), countersOf(channel, 'all')];
      for (const counter of touched) bump(counter);
      let open = true;
      return (outcome, status) => {
        if (!open) return;
        open = false;
        for (const counter of touched) {
          counter.inFlight -= 1;
          counter.outcomes[outcome] = (counter.outcomes[outcome] ?? 0) + 1;
        }
        const at = new Date(startedAt).toISOString();
        logged.push({ at, channel, operation, requestNo, outcome, status, durationMs: now() - startedAt });
        if (logged.length > capacity * 2) logged = logged.slice(-capacity);
      };
    },
    select: ({ limit = 200, ...fields }) => {
      const wanted = Object.entries(fields).filter(([, value]) => value !== undefined);
      return logged
        .slice(-capacity)
        .filter((entry) => wanted.every(([key, value]) => entry[key as keyof LoggedRequest] === value))
        .slice(-limit);
    },
    counters: () =>
      Object.fromEntries(
        [...counters].map(([channel, operations]) => [channel, structuredClone(Object.fromEntries(operations))]),
      ),
    reset: () => {
      logged = [];
      for (const operations of counters.values()) {
        for (const counter of operations.values()) {
          counter.count = counter.inFlight;
          counter.maxConcurrency = counter.inFlight;
          counter.outcomes = {};
        }
      }
    },
  };
};
