import { randomBytes } from 'node:crypto';
import type {
  ChannelAdapter,
  ChannelCall,
  ChannelOperation,
  ResultOf,
  WireRequest,
  WireResponse,
} from '@tributary/channels/channel-adapter';
import type { NotSentReason, UnknownReason } from '@tributary/channels/channel-result';
import { type ConfigSource, isSwitchedOff } from '../config/snapshot.ts';
import type { CallChannel, Exchange, Route } from '../payments/ports.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { AccountCache } from './account-cache.ts';
import { type Bulkhead, type BulkheadStats, createBulkhead } from './bulkhead.ts';
import { maskBody, maskHeaders, maskPath } from './mask.ts';
import type { Send } from './send.ts';

/** Operations that share a compartment: a flood of look-ups must not keep a payment waiting. */
export type OperationGroup = 'place' | 'query' | 'refund';

const groupOf: Record<ChannelOperation, OperationGroup> = {
  place: 'place',
  close: 'place',
  reverse: 'place',
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
  clock: Clock;
  onCall?: (report: CallReport) => void;
  log: { warn(fields: object, message: string): void };
};

/** The only way out: account, isolation, deadline, bytes, and every fault turned into "unknown" or "not sent". */
export function createGateway(deps: GatewayDeps) {
  const { config, clock } = deps;
  const compartments = new Map<string, Bulkhead>();

  function compartment(channelId: string, group: OperationGroup): Bulkhead {
    const key = `${channelId}|${group}`;
    const existing = compartments.get(key);
    if (existing) return existing;
    const made = createBulkhead(
      () => config.current().channels.get(channelId)?.params ?? { maxConcurrent: 1, maxQueue: 0, queueTimeoutMs: 0 },
    );
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
    const result = await attempt(route, call, options, exchange);
    exchange.durationMs = round(clock.monotonicMs() - called - exchange.queuedMs);
    const { kind, raw } = result as { kind: string; raw?: { code: string } };
    deps.onCall?.({
      channelId: route.channelId,
      op: call.op,
      kind,
      code: raw?.code ?? kind,
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
    if (call.op === 'place' && isSwitchedOff(channel, clock.now()))
      return notSent<Call>('switched_off', 'the channel is switched off', exchange);

    let session: ReturnType<AccountCache['open']>;
    let request: WireRequest;
    const account = config.current().accounts.get(route.accountId);
    try {
      session = deps.accounts.open(route.accountId);
      request = session.buildRequest(call, clock.now(), randomBytes(16).toString('hex'));
    } catch (error) {
      deps.log.warn({ err: error, ...route, op: call.op }, 'a channel request could not be built');
      return notSent<Call>('account_unusable', error instanceof Error ? error.message : String(error), exchange);
    }
    const baseUrl = account?.baseUrl ?? '';
    exchange.request = {
      method: request.method,
      url: baseUrl + maskPath(request.path, adapter.sensitiveFields),
      headers: maskHeaders(request.headers, adapter.sensitiveFields),
      body: maskBody(request.body, adapter.sensitiveFields),
    };

    const waited = clock.monotonicMs();
    const place = await compartment(route.channelId, groupOf[call.op]).enter();
    exchange.queuedMs = round(clock.monotonicMs() - waited);
    if ('refused' in place) return notSent<Call>('bulkhead_full', `bulkhead: ${place.refused}`, exchange);
    try {
      const deadlineMs = Math.min(
        timeoutMs ?? Number.POSITIVE_INFINITY,
        channel.params.deadlinesMs[call.op] ?? adapter.deadlinesMs[call.op],
      );
      const outcome = await deps.send(baseUrl, request, deadlineMs);
      if (outcome.kind === 'not_sent') return notSent<Call>('connection_refused', outcome.error, exchange);
      if (outcome.kind !== 'answered') return unknown<Call>(outcome.kind, outcome.error, exchange);
      exchange.response = shown(outcome.response, adapter);
      return session.parseResponse(call, outcome.response, clock.now());
    } catch (error) {
      // Adapters promise not to throw; should one do so after we sent, the only honest answer is "unknown".
      deps.log.warn({ err: error, ...route, op: call.op }, 'an answer could not be read');
      return unknown<Call>('unreadable', error instanceof Error ? error.message : String(error), exchange);
    } finally {
      place.leave();
    }
  }

  /** Every compartment of this node, for the live board. */
  const stats = (): {
    channelId: string;
    group: OperationGroup;
    limits: { maxConcurrent: number; maxQueue: number };
    stats: BulkheadStats;
  }[] =>
    [...compartments].map(([key, bulkhead]) => {
      const [channelId = '', group = 'place'] = key.split('|') as [string, OperationGroup];
      const params = config.current().channels.get(channelId)?.params;
      return {
        channelId,
        group,
        limits: { maxConcurrent: params?.maxConcurrent ?? 0, maxQueue: params?.maxQueue ?? 0 },
        stats: bulkhead.stats(),
      };
    });

  return { callChannel, stats };
}

export type Gateway = ReturnType<typeof createGateway>;

const round = (ms: number): number => Math.round(ms * 100) / 100;

function shown(response: WireResponse, adapter: ChannelAdapter): Exchange['response'] {
  return {
    status: response.status,
    headers: maskHeaders(response.headers, adapter.sensitiveFields),
    body: maskBody(response.body.toString(), adapter.sensitiveFields),
  };
}

function notSent<Call extends ChannelCall>(reason: NotSentReason, error: string, exchange: Exchange): ResultOf<Call> {
  exchange.error = error;
  return { kind: 'not_sent', reason } as ResultOf<Call>;
}

function unknown<Call extends ChannelCall>(reason: UnknownReason, error: string, exchange: Exchange): ResultOf<Call> {
  exchange.error = error;
  return { kind: 'unknown', reason } as ResultOf<Call>;
}
