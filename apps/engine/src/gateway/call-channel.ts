import { randomBytes } from 'node:crypto';
import {
  type ChannelAdapter,
  type ChannelCall,
  type ChannelOperation,
  type ChannelSession,
  type Handover,
  longestLookUpMs,
  type ResultOf,
  UnsupportedCallError,
  type WireRequest,
  type WireResponse,
} from '@tributary/channels/channel-adapter';
import type { NotSentReason, UnknownReason } from '@tributary/channels/channel-result';
import { type ConfigSource, isSwitchedOff } from '../config/snapshot.ts';
import type { CallChannel, Exchange, Route } from '../payments/ports.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { AccountCache } from './accounts/account-cache.ts';
import { isChannelFault } from './channel-fault.ts';
import type { ReadCodes } from './codes/read-codes.ts';
import { type BreakerMove, createCompartments, type OperationGroup } from './compartments.ts';
import { maskBody, maskHeaders, maskPath, maskText } from './mask.ts';
import { type Refusal, runInCompartment } from './run-in-compartment.ts';
import type { Send } from './send.ts';
import { storable } from './storable.ts';

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

export type GatewayDeps = {
  config: ConfigSource;
  adapters: ReadonlyMap<string, ChannelAdapter>;
  accounts: AccountCache;
  send: Send;
  readCodes: ReadCodes;
  clock: Clock;
  onCall?: (report: CallReport) => void;
  onBreakerMove?: (move: BreakerMove) => void;
  /** Told when an answer's signature could not be checked: perhaps the channel signs with a new key. */
  onUntrusted?: (accountId: string) => void;
  log: { warn(fields: object, message: string): void };
};

/** For an operation whose deadline an adapter forgot; the suite of channels makes sure that none does. */
const undeclaredDeadlineMs = 5_000;

/** The only way out: account, isolation, deadline, bytes, and every fault turned into "unknown" or "not sent". */
export function createGateway(deps: GatewayDeps) {
  const { config, clock } = deps;
  const compartments = createCompartments({ config, clock, onBreakerMove: deps.onBreakerMove, log: deps.log });

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
    if (call.op === 'place' && (isSwitchedOff(channel, clock.now()) || isSwitchedOff(account, clock.now())))
      return notSent<Call>('switched_off', 'the channel or the account is switched off', exchange);
    const deadlineMs = Math.min(
      timeoutMs ?? Number.POSITIVE_INFINITY,
      channel.params.deadlinesMs[call.op] ?? adapter.deadlinesMs[call.op] ?? undeclaredDeadlineMs,
    );
    return isolated(route, call, exchange, () => exchangeWith(adapter, account.id, call, deadlineMs, exchange));
  }

  /** Makes the call when its compartment lets it go. */
  async function isolated<Call extends ChannelCall>(
    route: Route,
    call: Call,
    exchange: Exchange,
    act: () => Promise<ResultOf<Call>>,
  ): Promise<ResultOf<Call>> {
    const ran = await runInCompartment(
      compartments.of(route.channelId, groupOf[call.op]),
      clock,
      async (queuedMs) => {
        exchange.queuedMs = round(queuedMs);
        const result = await act();
        const timedOut = result.kind === 'unknown' && result.reason === 'timeout';
        // No request: the payer's browser carries the order, which tells nothing of the channel.
        const failed = exchange.request && isChannelFault(result);
        return { value: result, timedOut, ...(failed === undefined ? {} : { failed }) };
      },
      // New keys are how a channel that signs with them becomes readable, and its breaker closes, again.
      { judged: call.op !== 'fetchTrust' },
    );
    if ('value' in ran) return ran.value;
    exchange.queuedMs = round(ran.queuedMs);
    return ran.refused === 'breaker_open'
      ? notSent<Call>('breaker_open', 'the circuit breaker is open', exchange)
      : notSent<Call>('bulkhead_full', `bulkhead: ${ran.refused}`, exchange);
  }

  /**
   * A callback is handled in the channel's compartment for callbacks. What takes longer than its deadline goes on, and
   * keeps its place, but its sender is not kept waiting.
   */
  function handleCallback<Value>(
    channelId: string,
    handle: () => Promise<{ value: Value; failed: boolean }>,
  ): Promise<{ value: Value } | { refused: Refusal | 'too_slow' }> {
    return new Promise((resolve, reject) => {
      const handled = runInCompartment(compartments.of(channelId, 'callback'), clock, async () => {
        let timedOut = false;
        const { deadlineMs } = config.current().channels.get(channelId)?.params.callbacks ?? { deadlineMs: 0 };
        const timer = setTimeout(() => {
          timedOut = true;
          resolve({ refused: 'too_slow' });
        }, deadlineMs);
        try {
          const { value, failed } = await handle();
          return { value, failed: failed || timedOut, timedOut };
        } finally {
          clearTimeout(timer);
        }
      });
      handled.then((ran) => resolve('value' in ran ? { value: ran.value } : { refused: ran.refused }), reject);
    });
  }

  async function exchangeWith<Call extends ChannelCall>(
    adapter: ChannelAdapter,
    accountId: string,
    call: Call,
    deadlineMs: number,
    exchange: Exchange,
  ): Promise<ResultOf<Call>> {
    const { sensitiveFields } = adapter;
    let session: ChannelSession;
    let baseUrl: string;
    let request: WireRequest | Handover;
    try {
      // After the wait for a place, so that an overload costs us no signatures and the time in them is the real one.
      const account = await deps.accounts.open(accountId);
      ({ session, baseUrl } = account);
      exchange.accountVersion = account.version;
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
      const requestNo = 'requestNo' in call ? { requestNo: call.requestNo } : {};
      return deps.readCodes({ channelId: exchange.channelId, operation: call.op, ...requestNo }, parsed);
    } catch (error) {
      // Adapters promise not to throw; should one do so after we sent, the only honest answer is "unknown".
      deps.log.warn({ err: error, accountId, op: call.op }, 'an answer could not be read');
      return unknown<Call>('unreadable', errorText(error), exchange);
    }
  }

  /** The longest that one call about an open order may take there, in ms: the wait for a place, and its deadline. */
  function longestCallMs(channelId: string): number {
    const channel = config.current().channels.get(channelId);
    const adapter = deps.adapters.get(channel?.adapter ?? '');
    return channel && adapter
      ? channel.params.queueTimeoutMs + longestLookUpMs(adapter, channel.params.deadlinesMs)
      : undeclaredDeadlineMs;
  }

  return {
    callChannel,
    longestCallMs,
    handleCallback,
    stats: compartments.report,
    takesOrders: compartments.takesOrders,
    restMsOf: compartments.restMsOf,
  };
}

export type Gateway = ReturnType<typeof createGateway>;
export type HandleCallback = Gateway['handleCallback'];

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const round = (ms: number): number => Math.round(ms * 100) / 100;

function shown(response: WireResponse, adapter: ChannelAdapter): Exchange['response'] {
  return storable({
    status: response.status,
    headers: maskHeaders(response.headers, adapter.sensitiveFields),
    body: maskBody(response.body.toString(), adapter.sensitiveFields),
  });
}

function notSent<Call extends ChannelCall>(reason: NotSentReason, error: string, exchange: Exchange): ResultOf<Call> {
  exchange.error = storable(maskText(error));
  return { kind: 'not_sent', reason } as ResultOf<Call>;
}

function unknown<Call extends ChannelCall>(reason: UnknownReason, error: string, exchange: Exchange): ResultOf<Call> {
  exchange.error = storable(maskText(error));
  return { kind: 'unknown', reason } as ResultOf<Call>;
}
