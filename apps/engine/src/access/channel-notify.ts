import type { ChannelAdapter, ChannelSession, Notification, NotifyResult } from '@tributary/channels/channel-adapter';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ConfigSource } from '../config/snapshot.ts';
import type { AccountCache } from '../gateway/accounts/account-cache.ts';
import type { HandleCallback } from '../gateway/call-channel.ts';
import type { ReadCodes } from '../gateway/codes/read-codes.ts';
import { maskBody, maskHeaders } from '../gateway/mask.ts';
import { storable } from '../gateway/storable.ts';
import type { RecordOutcome, RecordRefundResult, RecordResult } from '../payments/operations.ts';
import { AppError } from '../platform/app-error.ts';
import type { Pool } from '../platform/db.ts';
import type { Failpoint } from '../platform/failpoints.ts';
import { parseRequestNo, refundIdOf } from '../platform/ids.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { LateNews } from '../sync/late-news.ts';
import { type CallbackStore, createCallbackStore } from './callbacks.store.ts';

export type ChannelNotifyDeps = {
  pool: Pool;
  /** The inbox; one on `pool` by default. */
  store?: CallbackStore;
  config: ConfigSource;
  adapters: ReadonlyMap<string, ChannelAdapter>;
  accounts: AccountCache;
  /** Room and time for a callback, apart from other channels' and from our own calls. */
  handleCallback: HandleCallback;
  recordResult: RecordResult;
  recordRefundResult: RecordRefundResult;
  /** What news of money is worth when the order was given up. */
  weighLate: LateNews;
  /** Fetches the channel's signing keys anew; false when that was tried a moment ago. */
  refreshTrust: (accountId: string) => Promise<boolean>;
  readCodes: ReadCodes;
  clock: Clock;
  log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  failpoint?: Failpoint;
  onCallback?: (report: { channelId: string; outcome: string }) => void;
};

type Outcome = RecordOutcome | 'unsettled' | 'wrong_account' | 'failed' | `refused:${string}`;

const mostWaitingForKeys = 64;
// Anybody can send us what we refuse; beyond this many a minute and account it is counted, not stored.
const keptRefusalsPerMinute = 60;

/**
 * Callbacks from channels: raw bytes in, verified by the channel's adapter, kept in the inbox whatever they are, and
 * handed to the single door. Nothing in an unverified one is believed; on any doubt the channel is told to send again.
 */
export function registerChannelNotify(app: FastifyInstance, deps: ChannelNotifyDeps): void {
  const store = deps.store ?? createCallbackStore(deps.pool);
  let waitingForKeys = 0;
  const mayKeepRefusal = createMinuteCap(deps.clock, keptRefusalsPerMinute);

  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));

    scope.post<{ Params: { channelId: string; accountId: string } }>(
      '/callbacks/:channelId/:accountId',
      async (request, reply) => {
        const { channelId, accountId } = request.params;
        const snapshot = deps.config.current();
        const adapter = deps.adapters.get(snapshot.channels.get(channelId)?.adapter ?? '');
        if (!adapter || snapshot.accounts.get(accountId)?.channelId !== channelId) throw new AppError('not_found');
        const notification = {
          headers: headersOf(request),
          body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        };

        const { session } = await deps.accounts.open(accountId);
        // Before it takes a place: what strangers send must not use up the channel's, nor count against it.
        const parsed = await verify(accountId, session, notification);
        const handle = () => handleParsed(channelId, accountId, adapter, notification, parsed);
        const handled =
          parsed.kind === 'refused'
            ? { value: await handle() }
            : await deps.handleCallback(channelId, async () => {
                const outcome = await handle();
                return { value: outcome, failed: outcome === 'failed' };
              });
        if ('refused' in handled) {
          deps.onCallback?.({ channelId, outcome: handled.refused });
          // Look-ups bring the news as well, should the channel never send it again.
          return sendAgain(reply, session);
        }
        const outcome = handled.value;
        const answer = session.acknowledge(outcome === 'changed' || outcome === 'unchanged');
        return reply.code(statusOf(outcome, answer.status)).headers(answer.headers).send(answer.body);
      },
    );
  });

  async function verify(accountId: string, session: ChannelSession, notification: Notification): Promise<NotifyResult> {
    const parsed = parse(session, notification);
    if (parsed.kind !== 'refused' || parsed.reason !== 'unknown_key') return parsed;
    // All who ask meanwhile wait for one answer; no more of them than could be genuine.
    if (waitingForKeys >= mostWaitingForKeys) return parsed;
    waitingForKeys++;
    const isRefreshed = await refreshTrust(accountId).finally(() => waitingForKeys--);
    return isRefreshed ? parse((await deps.accounts.open(accountId)).session, notification) : parsed;
  }

  async function handleParsed(
    channelId: string,
    accountId: string,
    adapter: ChannelAdapter,
    notification: Notification,
    parsed: NotifyResult,
  ): Promise<Outcome> {
    const outcome = await record(channelId, accountId, parsed).catch((err): Outcome => {
      deps.log.error({ err, channelId, accountId }, 'a callback could not be recorded');
      return 'failed';
    });
    if (outcome === 'missing' || outcome === 'wrong_account')
      deps.log.warn(
        { channelId, accountId, outcome, requestNo: parsed.kind === 'refused' ? undefined : parsed.requestNo },
        'a callback speaks of a payment that is not there',
      );
    deps.failpoint?.('callback.after_record');
    await keep(channelId, accountId, adapter, notification, parsed, outcome).catch((err) =>
      deps.log.warn({ err }, 'a callback could not be kept'),
    );
    deps.onCallback?.({ channelId, outcome });
    return outcome;
  }

  /** Adapters promise not to throw; what nobody can read is refused, never believed. */
  function parse(session: ChannelSession, notification: Notification): NotifyResult {
    try {
      return session.parseNotify(notification, deps.clock.now());
    } catch (err) {
      deps.log.warn({ err }, 'a callback could not be read');
      return { kind: 'refused', reason: 'unreadable' };
    }
  }

  const refreshTrust = (accountId: string): Promise<boolean> =>
    deps.refreshTrust(accountId).catch((err) => {
      deps.log.warn({ err, accountId }, 'signing keys could not be fetched');
      return false;
    });

  async function record(channelId: string, accountId: string, parsed: NotifyResult): Promise<Outcome> {
    if (parsed.kind === 'refused') return `refused:${parsed.reason}`;
    const target = parseRequestNo(parsed.requestNo);
    if (!target) return 'missing';
    // A callback that one account's channel signed says nothing about an order that was sent through another: whoever
    // owns an account could else make up an order there under our number and have ours counted as paid.
    const attempt = await store.attemptOf(target);
    if (attempt === undefined) return 'missing';
    if (attempt.accountId !== accountId) return 'wrong_account';
    const source = { actor: 'callback' as const, notifyId: parsed.notifyId };
    const answer = { channelId, operation: 'callback' as const, requestNo: parsed.requestNo };
    if (parsed.kind === 'payment') {
      const result = deps.readCodes(answer, parsed.result);
      const weighed = await deps.weighLate(target, attempt, result, source);
      return weighed ?? deps.recordResult(target, result, source);
    }
    return deps.recordRefundResult(
      { paymentId: target.paymentId, refundId: refundIdOf(parsed.refundNo) },
      deps.readCodes(answer, parsed.result),
      source,
    );
  }

  async function keep(
    channelId: string,
    accountId: string,
    adapter: ChannelAdapter,
    { headers, body }: Notification,
    parsed: NotifyResult,
    outcome: Outcome,
  ) {
    const verified = parsed.kind !== 'refused';
    if (!verified && !mayKeepRefusal(accountId)) return;
    await store.keep({
      channelId,
      accountId,
      notifyId: verified ? parsed.notifyId : undefined,
      verified,
      outcome,
      paymentId: verified ? parseRequestNo(parsed.requestNo)?.paymentId : undefined,
      ...storable({
        headers: maskHeaders(headers, adapter.sensitiveFields),
        body: maskBody(body.toString(), adapter.sensitiveFields),
      }),
    });
  }
}

/** What is refused, or speaks of no payment of ours, is the sender's fault whatever status the channel's own form of a failure has. */
function statusOf(outcome: Outcome, status: number): number {
  const ours = ['failed', 'unsettled', 'changed', 'unchanged'].includes(outcome);
  if (ours || isClientError(status)) return status;
  if (outcome === 'missing') return 404;
  return /bad_signature|unknown_key|stale/.test(outcome) ? 401 : 400;
}

/** The channel's own form of "not taken"; a channel whose form has a good status gets one that says so. */
function sendAgain(reply: FastifyReply, session: ChannelSession) {
  const answer = session.acknowledge(false);
  return reply
    .code(answer.status >= 500 ? answer.status : 503)
    .headers(answer.headers)
    .send(answer.body);
}

const isClientError = (status: number): boolean => status >= 400 && status < 500;

/** At most so many a minute for each key. */
function createMinuteCap(clock: Clock, perMinute: number) {
  const counted = new Map<string, { since: number; count: number }>();
  return (key: string): boolean => {
    const now = clock.monotonicMs();
    const known = counted.get(key);
    const window = known && now - known.since < 60_000 ? known : { since: now, count: 0 };
    window.count++;
    counted.set(key, window);
    return window.count <= perMinute;
  };
}

function headersOf(request: FastifyRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : String(value ?? ''),
    ]),
  );
}
