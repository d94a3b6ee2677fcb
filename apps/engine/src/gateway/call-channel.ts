import { randomBytes } from 'node:crypto';
import {
  type ChannelAdapter,
  type ChannelCall,
  type ChannelOperation,
  type ChannelSession,
  type Handover,
  type ResultOf,
  UnsupportedCallError,
  type WireRequest,
  type WireResponse,
} from '@tributary/channels/channel-adapter';
import type { ChannelResult, NotSentReason, UnknownReason } from '@tributary/channels/channel-result';
import { breakerParamsSchema } from '@tributary/contracts/channel-config';
import { type AccountConfig, type ConfigSource, isSwitchedOff } from '../config/snapshot.ts';
import type { CallChannel, Exchange, Route } from '../payments/ports.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { AccountCache } from './account-cache.ts';
import { type Breaker, type BreakerState, type BreakerStats, createBreaker } from './breaker.ts';
import { type Bulkhead, type BulkheadStats, createBulkhead } from './bulkhead.ts';
import { isChannelFault } from './channel-fault.ts';
import { maskBody, maskHeaders, maskPath, maskText } from './mask.ts';
import { overrideResult } from './override-result.ts';
import type { Send } from './send.ts';

/**
 * Operations that share a compartment: a flood of look-ups, or of orders that expired together, must not keep a payment
 * waiting. `refund` is all that is done to an order after it was placed.
 */
export type OperationGroup = 'place' | 'query' | 'refund';

const groupOf: Record<ChannelOperation, OperationGroup> = {
  place: 'place',
  close: 'refund',
  reverse: 'refund',
  query: 'query',
  fetchTrust: 'query',
  refund: 'refund',
  queryRefund: 'query',
};

/** What every call tells the metrics. */
export type CallReport = {
  channelId: string;
  op: ChannelOperation;
  kind: string;
  code: string;
  durationMs: number;
  queuedMs: number;
};

export type BreakerMove = { channelId: string; group: OperationGroup; from: BreakerState; to: BreakerState };

/** Of a channel whose parameters are gone: no call gets as far as its compartment. */
const noPlaces = { maxConcurrent: 1, maxQueue: 0, queueTimeoutMs: 0 };
const defaultBreaker = breakerParamsSchema.parse({});

type Compartment = { channelId: string; group: OperationGroup; bulkhead: Bulkhead; breaker: Breaker };

export type GatewayDeps = {
  config: ConfigSource;
  adapters: ReadonlyMap<string, ChannelAdapter>;
  accounts: AccountCache;
  send: Send;
  clock: Clock;
  onCall?: (report: CallReport) => void;
  onBreakerMove?: (move: BreakerMove) => void;
  /** Told when an answer's signature could not be checked: perhaps the channel signs with a new key. */
  onUntrusted?: (accountId: string) => void;
  log: { warn(fields: object, message: string): void };
};

/** The only way out: account, isolation, deadline, bytes, and every fault turned into "unknown" or "not sent". */
export function createGateway(deps: GatewayDeps) {
  const { config, clock } = deps;
  const compartments = new Map<string, Compartment>();

  function compartment(channelId: string, group: OperationGroup): Compartment {
    const key = `${channelId}|${group}`;
    const existing = compartments.get(key);
    if (existing) return existing;
    const params = () => config.current().channels.get(channelId)?.params;
    const made = {
      channelId,
      group,
      bulkhead: createBulkhead(() => params() ?? noPlaces),
      breaker: createBreaker(
        () => params()?.breaker ?? defaultBreaker,
        (from, to) => {
          deps.log.warn({ channelId, group, from, to }, 'a circuit breaker changed its state');
          deps.onBreakerMove?.({ channelId, group, from, to });
        },
      ),
    };
    compartments.set(key, made);
    return made;
  }

  const callChannel: CallChannel = async <Call extends ChannelCall>(
    route: Route,
    call: Call,
    options: { timeoutMs?: number } = {},
  ) => {
    const called = clock.monotonicMs();
    const exchange: Exchange = {
      op: call.op,
      ...route,
      queuedMs: 0,
      durationMs: 0,
      request: undefined,
      response: undefined,
      error: undefined,
    };
    const result = await attempt(route, call, options, exchange).catch((error: unknown) => {
      deps.log.warn({ err: error, ...route, op: call.op }, 'a channel call failed inside this process');
      return unknown<Call>('unreadable', errorText(error), exchange);
    });
    exchange.durationMs = round(clock.monotonicMs() - called - exchange.queuedMs);
    const { kind, reason, raw } = result as { kind: string; reason?: string; raw?: { code: string } };
    if (kind === 'unknown' && reason === 'bad_signature') deps.onUntrusted?.(route.accountId);
    deps.onCall?.({
      channelId: route.channelId,
      op: call.op,
      kind,
      code: raw?.code ?? reason ?? kind,
      durationMs: exchange.durationMs,
      queuedMs: exchange.queuedMs,
    });
    return { result, exchange };
  };

  async function attempt<Call extends ChannelCall>(
    route: Route,
    call: Call,
    { timeoutMs }: { timeoutMs?: number },
    exchange: Exchange,
  ): Promise<ResultOf<Call>> {
    const channel = config.current().channels.get(route.channelId);
    const adapter = deps.adapters.get(channel?.adapter ?? '');
    if (!channel || !adapter)
      return notSent<Call>('account_unusable', `channel ${route.channelId} is unknown`, exchange);
    if (!adapter.operations.has(call.op))
      return notSent<Call>('unsupported', `${adapter.id} has no ${call.op}`, exchange);
    const account = config.current().accounts.get(route.accountId);
    if (account?.channelId !== route.channelId)
      return notSent<Call>(
        'account_unusable',
        `channel ${route.channelId} has no account ${route.accountId}`,
        exchange,
      );
    // What was placed must still be looked up, closed and refunded; only new orders stay away.
    if (call.op === 'place' && (isSwitchedOff(channel, clock.now()) || !account.enabled))
      return notSent<Call>('switched_off', 'the channel or the account is switched off', exchange);
    const deadlineMs = Math.min(
      timeoutMs ?? Number.POSITIVE_INFINITY,
      channel.params.deadlinesMs[call.op] ?? adapter.deadlinesMs[call.op],
    );
    return isolated(route, call, exchange, () => exchangeWith(adapter, account, call, deadlineMs, exchange));
  }

  /** Makes the call when the breaker and the bulkhead of its compartment let it go, and tells the breaker how it ended. */
  async function isolated<Call extends ChannelCall>(
    route: Route,
    call: Call,
    exchange: Exchange,
    act: () => Promise<ResultOf<Call>>,
  ): Promise<ResultOf<Call>> {
    const { bulkhead, breaker } = compartment(route.channelId, groupOf[call.op]);
    // New keys are how a channel that signs with them becomes readable, and its breaker closes, again.
    const judged = call.op !== 'fetchTrust';
    const waited = clock.monotonicMs();
    const permit = judged ? breaker.tryAcquire(waited) : undefined;
    if (judged && !permit) return notSent<Call>('breaker_open', 'the circuit breaker is open', exchange);
    let ended: { failed: boolean; durationMs: number } | undefined;
    try {
      const place = await bulkhead.enter();
      const entered = clock.monotonicMs();
      exchange.queuedMs = round(entered - waited);
      if ('refused' in place) return notSent<Call>('bulkhead_full', `bulkhead: ${place.refused}`, exchange);
      try {
        if (permit && !breaker.holds(permit))
          return notSent<Call>('breaker_open', 'the circuit breaker opened during the wait for a place', exchange);
        const result = await act();
        // No request: the payer's browser carries the order, which tells nothing of the channel.
        const failed = exchange.request && isChannelFault(result);
        if (failed !== undefined) ended = { failed, durationMs: clock.monotonicMs() - entered };
        return result;
      } finally {
        place.leave();
      }
    } finally {
      if (permit && ended) breaker.record(permit, clock.monotonicMs(), ended);
      else if (permit) breaker.release(permit);
    }
  }

  async function exchangeWith<Call extends ChannelCall>(
    adapter: ChannelAdapter,
    { id: accountId, baseUrl }: AccountConfig,
    call: Call,
    deadlineMs: number,
    exchange: Exchange,
  ): Promise<ResultOf<Call>> {
    const { sensitiveFields } = adapter;
    let session: ChannelSession;
    let request: WireRequest | Handover;
    try {
      // After the wait for a place, so that an overload costs us no signatures and the time in them is the real one.
      session = deps.accounts.open(accountId);
      request = session.buildRequest(call, clock.now(), randomBytes(16).toString('hex'));
    } catch (error) {
      deps.log.warn({ err: error, accountId, op: call.op }, 'a channel request could not be built');
      const reason = error instanceof UnsupportedCallError ? 'unsupported' : 'account_unusable';
      return notSent<Call>(reason, errorText(error), exchange);
    }
    // The payer's own browser will carry the order there.
    if ('credential' in request) return { kind: 'pending', credential: request.credential } as ResultOf<Call>;
    exchange.request = {
      method: request.method,
      url: baseUrl + maskPath(request.path, sensitiveFields),
      headers: maskHeaders(request.headers, sensitiveFields),
      body: maskBody(request.body, sensitiveFields),
    };
    try {
      const outcome = await deps.send(baseUrl, request, deadlineMs);
      if (outcome.kind === 'not_sent') return notSent<Call>('connection_refused', outcome.error, exchange);
      if (outcome.kind !== 'answered') return unknown<Call>(outcome.kind, outcome.error, exchange);
      exchange.response = shown(outcome.response, adapter);
      const parsed = session.parseResponse(call, outcome.response, clock.now());
      if (call.op !== 'place' && call.op !== 'query') return parsed;
      const overrides = config.current().responseCodes.get(exchange.channelId);
      return overrideResult(call.op, parsed as ChannelResult, overrides) as ResultOf<Call>;
    } catch (error) {
      // Adapters promise not to throw; should one do so after we sent, the only honest answer is "unknown".
      deps.log.warn({ err: error, accountId, op: call.op }, 'an answer could not be read');
      return unknown<Call>('unreadable', errorText(error), exchange);
    }
  }

  /** Every compartment of this node, for the live board. */
  const stats = (): {
    channelId: string;
    group: OperationGroup;
    limits: { maxConcurrent: number; maxQueue: number };
    stats: BulkheadStats;
    breaker: BreakerStats;
  }[] =>
    [...compartments.values()].map(({ channelId, group, bulkhead, breaker }) => {
      const params = config.current().channels.get(channelId)?.params;
      return {
        channelId,
        group,
        limits: { maxConcurrent: params?.maxConcurrent ?? 0, maxQueue: params?.maxQueue ?? 0 },
        stats: bulkhead.stats(),
        breaker: breaker.stats(clock.monotonicMs()),
      };
    });

  return { callChannel, stats };
}

export type Gateway = ReturnType<typeof createGateway>;

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const round = (ms: number): number => Math.round(ms * 100) / 100;

function shown(response: WireResponse, adapter: ChannelAdapter): Exchange['response'] {
  return {
    status: response.status,
    headers: maskHeaders(response.headers, adapter.sensitiveFields),
    body: maskBody(response.body.toString(), adapter.sensitiveFields),
  };
}

function notSent<Call extends ChannelCall>(reason: NotSentReason, error: string, exchange: Exchange): ResultOf<Call> {
  exchange.error = maskText(error);
  return { kind: 'not_sent', reason } as ResultOf<Call>;
}

function unknown<Call extends ChannelCall>(reason: UnknownReason, error: string, exchange: Exchange): ResultOf<Call> {
  exchange.error = maskText(error);
  return { kind: 'unknown', reason } as ResultOf<Call>;
}
