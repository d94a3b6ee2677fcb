import type { Answer, ChannelSimulator, ReceivedRequest } from './channel-simulator.ts';
import type { CallPlan, FaultBook, Operation } from './faults.ts';
import type { RequestHandler, WireAction } from './http-server.ts';
import type { Ledger } from './ledger.ts';
import type { RequestLog } from './request-log.ts';
import type { Timers } from './timers.ts';

/** A protocol together with the faults that stand in its way. */
export type HostedChannel = { simulator: ChannelSimulator; faults: FaultBook };

/** What happened to a call: what goes out on the wire, and the words for the log. */
type Fate = { action: WireAction; outcome: string; status: number | null };

const outageAnswer = {
  status: 503,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'Retry-After': '1' },
  // Not signed: what answers during an outage is a load balancer that has no keys.
  body: JSON.stringify({ code: 'SYSTEM_ERROR', message: '系统繁忙，请稍后重试' }),
  outcome: 'outage',
};

/** The gate in front of the channel, which knows no keys: it counts calls and turns them away. */
const rateLimitAnswer = (retryAfterSeconds: number) => ({
  status: 429,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'Retry-After': String(retryAfterSeconds) },
  body: JSON.stringify({ code: 'RATE_LIMITED', message: '请求过于频繁，请稍后重试' }),
  outcome: 'rateLimit',
});

const fateBeforeWork = (
  before: Exclude<NonNullable<CallPlan['before']>, 'maintenance'>,
  retryAfterSeconds: number,
): Fate => {
  switch (before) {
    case 'rateLimit': {
      const answer = rateLimitAnswer(retryAfterSeconds);
      return { action: { kind: 'answer', answer }, outcome: before, status: answer.status };
    }
    case 'timeout':
      return { action: { kind: 'silence' }, outcome: before, status: null };
    case 'lostRequest':
      return { action: { kind: 'cut' }, outcome: before, status: null };
    case 'connectionReset':
      return { action: { kind: 'reset' }, outcome: before, status: null };
    case 'outage':
      return { action: { kind: 'answer', answer: outageAnswer }, outcome: before, status: 503 };
    default:
      return before satisfies never;
  }
};

const withRetryAfter = (answer: Answer, seconds: number | undefined): Answer =>
  seconds === undefined ? answer : { ...answer, headers: { ...answer.headers, 'Retry-After': String(seconds) } };

/**
 * Answers calls to the protocols, faults included. Whatever a call did is on disk before its answer leaves.
 * @returns undefined when no protocol knows the call
 */
export const createChannelHost = (deps: {
  channels: readonly HostedChannel[];
  ledger: Ledger;
  log: RequestLog;
  timers: Timers;
}): ((request: ReceivedRequest) => ReturnType<RequestHandler> | undefined) => {
  const wait = (delayMs: number) => new Promise<void>((resolve) => deps.timers.after(delayMs, resolve));

  const carryOut = async (simulator: ChannelSimulator, request: ReceivedRequest, plan: CallPlan): Promise<Fate> => {
    if (plan.latencyMs > 0) await wait(plan.latencyMs);
    if (plan.before !== undefined && plan.before !== 'maintenance') {
      return fateBeforeWork(plan.before, plan.retryAfterSeconds ?? 1);
    }
    const refusal = plan.before === 'maintenance' ? simulator.maintenance : plan.error;
    const answer =
      refusal !== undefined
        ? withRetryAfter(await simulator.refuse(request, refusal), plan.retryAfterSeconds)
        : plan.notExist
          ? await simulator.denyOrder(request)
          : await simulator.answer(request);
    await deps.ledger.durable();
    if (plan.lostReply) return { action: { kind: 'cut' }, outcome: 'lostReply', status: null };
    const outcome = plan.mangle === undefined ? answer.outcome : `${answer.outcome}+${plan.mangle}`;
    return { action: { kind: 'answer', answer, mangle: plan.mangle }, outcome, status: answer.status };
  };

  const answerCall = async (
    { simulator, faults }: HostedChannel,
    request: ReceivedRequest,
    operation: Operation,
    requestNo: string | undefined,
  ) => {
    const plan = faults.planCall(operation, requestNo);
    const end = deps.log.begin(simulator.id, operation, requestNo);
    try {
      const { action, outcome, status } = await carryOut(simulator, request, plan);
      return { action, done: () => end(outcome, status) };
    } catch (error) {
      end('internal_error', null);
      throw error;
    }
  };

  return (request) => {
    for (const channel of deps.channels) {
      const call = channel.simulator.identify(request);
      if (call !== undefined) return answerCall(channel, request, call.operation, call.requestNo);
    }
    return undefined;
  };
};
