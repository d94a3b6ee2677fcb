import type { ChannelAdapter, NotifyResult } from '@tributary/channels/channel-adapter';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ConfigSource } from '../config/snapshot.ts';
import type { AccountCache } from '../gateway/account-cache.ts';
import { maskBody, maskHeaders } from '../gateway/mask.ts';
import type { RecordOutcome, RecordRefundResult, RecordResult } from '../payments/operations.ts';
import { AppError } from '../platform/app-error.ts';
import type { Pool } from '../platform/db.ts';
import type { Failpoint } from '../platform/failpoints.ts';
import { parseRequestNo, refundIdOf } from '../platform/ids.ts';
import type { Clock } from '../platform/ports/clock.ts';

export type ChannelNotifyDeps = {
  pool: Pool;
  config: ConfigSource;
  adapters: ReadonlyMap<string, ChannelAdapter>;
  accounts: AccountCache;
  recordResult: RecordResult;
  recordRefundResult: RecordRefundResult;
  /** Fetches the channel's signing keys anew; false when that was tried a moment ago. */
  refreshTrust: (accountId: string) => Promise<boolean>;
  clock: Clock;
  log: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  failpoint?: Failpoint;
  onCallback?: (report: { channelId: string; outcome: string }) => void;
};

/**
 * Callbacks from channels: raw bytes in, verified by the channel's adapter, kept in the inbox whatever they are, and
 * handed to the single door. Nothing in an unverified one is believed; on any doubt the channel is told to send again.
 */
export function registerChannelNotify(app: FastifyInstance, deps: ChannelNotifyDeps): void {
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
        const session = deps.accounts.open(accountId);
        const notification = {
          headers: headersOf(request),
          body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        };

        let parsed = session.parseNotify(notification, deps.clock.now());
        if (parsed.kind === 'refused' && parsed.reason === 'unknown_key' && (await deps.refreshTrust(accountId))) {
          parsed = deps.accounts.open(accountId).parseNotify(notification, deps.clock.now());
        }
        const outcome = await record(parsed).catch((err): string => {
          deps.log.error({ err, channelId, accountId }, 'a callback could not be recorded');
          return 'failed';
        });
        deps.failpoint?.('callback.after_record');
        await keep(channelId, accountId, adapter, notification, parsed, outcome).catch((err) =>
          deps.log.warn({ err }, 'a callback could not be kept'),
        );
        deps.onCallback?.({ channelId, outcome });
        const answer = session.acknowledge(outcome === 'changed' || outcome === 'unchanged');
        const status = parsed.kind === 'refused' ? Math.max(400, Math.min(answer.status, 499)) : answer.status;
        return reply.code(status).headers(answer.headers).send(answer.body);
      },
    );
  });

  async function record(parsed: NotifyResult): Promise<RecordOutcome | `refused:${string}`> {
    if (parsed.kind === 'refused') return `refused:${parsed.reason}`;
    const target = parseRequestNo(parsed.requestNo);
    if (!target) return 'missing';
    const source = { actor: 'callback' as const, notifyId: parsed.notifyId };
    if (parsed.kind === 'payment') return deps.recordResult(target, parsed.result, source);
    return deps.recordRefundResult(
      { paymentId: target.paymentId, refundId: refundIdOf(parsed.refundNo) },
      parsed.result,
      source,
    );
  }

  async function keep(
    channelId: string,
    accountId: string,
    adapter: ChannelAdapter,
    { headers, body }: { headers: Record<string, string>; body: Buffer },
    parsed: NotifyResult,
    outcome: string,
  ) {
    const verified = parsed.kind !== 'refused';
    await deps.pool.query({
      name: 'keep-callback',
      text: `INSERT INTO channel_callbacks (channel_id, account_id, notify_id, verified, outcome, payment_id, headers, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: [
        channelId,
        accountId,
        verified ? parsed.notifyId : null,
        verified,
        outcome,
        verified ? (parseRequestNo(parsed.requestNo)?.paymentId ?? null) : null,
        JSON.stringify(maskHeaders(headers, adapter.sensitiveFields)),
        maskBody(body.toString(), adapter.sensitiveFields).replaceAll('\u0000', ''),
      ],
    });
  }
}

function headersOf(request: FastifyRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : String(value ?? ''),
    ]),
  );
}
