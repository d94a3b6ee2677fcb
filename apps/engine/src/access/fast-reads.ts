import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { ConfigSource } from '../config/snapshot.ts';
import { AppError } from '../platform/app-error.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { MerchantReads } from '../query/merchant-reads.ts';
import type { Authenticate, Authenticated } from './authenticate.ts';
import type { LimitHeaders, ReadsLimit } from './reads-limit.ts';
import { createRefusalDelay } from './refusal-delay.ts';
import { isUnchanged } from './send-read.ts';
import { newRequestId, securityHeaders } from './server.ts';
import { problemOf, toAppError } from './to-api-error.ts';

const prefix = '/v1/payments/';
const id = /^pay_[0-9A-HJKMNP-TV-Z]{26}$/;
const route = '/v1/payments/:id';
const always = Object.entries(securityHeaders)
  .filter(([name]) => name !== 'cache-control')
  .flat();

const noBody = Buffer.alloc(0);
/** Refusals that are told late wait at once, at most; they hold no place and no connection to Postgres. */
const maxLate = 8_000;

/**
 * Answers `GET /v1/payments/{id}` in front of the router, which costs several times what the answer does. Only for a key of a
 * merchant that is right, asked in the plainest way; whatever is odd goes to the router, which answers just the same.
 */
export function answerReadsFirst(
  app: FastifyInstance,
  deps: {
    config: ConfigSource;
    authenticate: Authenticate;
    reads: MerchantReads;
    readsLimit: ReadsLimit;
    onRead: (outcome: string) => void;
    clock: Pick<Clock, 'monotonicMs'>;
    log: { error(fields: object, message: string): void };
  },
): void {
  const { door, server } = app;
  const delayOf = createRefusalDelay(deps.clock);
  let late = 0;
  const listeners = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!tryAnswer(request, response)) for (const listener of listeners) listener.call(server, request, response);
  });

  function tryAnswer(request: IncomingMessage, response: ServerResponse): boolean {
    const { method, url = '', headers } = request;
    if (method !== 'GET' || !url.startsWith(prefix) || !id.test(url.slice(prefix.length)) || door.isStopping())
      return false;
    if (
      headers['content-length'] !== undefined ||
      headers['transfer-encoding'] !== undefined ||
      headers['tributary-signature'] !== undefined
    )
      return false;
    const receivedAtMs = performance.now();
    let caller: Authenticated;
    try {
      // Without an address: keys that are bound to some are for the router, which knows about proxies.
      const plain = { method, pathAndQuery: url, headers, body: noBody, ip: '' };
      caller = deps.authenticate(deps.config.current(), plain, 'payments:read');
    } catch {
      return false;
    }
    void answer(request, response, caller, url.slice(prefix.length), receivedAtMs);
    return true;
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    { merchant }: Authenticated,
    paymentId: string,
    receivedAtMs: number,
  ): Promise<void> {
    const requestId = newRequestId();
    let limits: LimitHeaders = [];
    let leave: (() => void) | undefined;
    try {
      leave = door.enter('query');
      const limit = deps.readsLimit(merchant);
      limits = limit.headers;
      if (limit.refused) throw limit.refused;
      const payment = await deps.reads.findPayment(merchant.id, paymentId);
      const headers = [...always, 'cache-control', 'private, no-cache', 'request-id', requestId, ...limits];
      if (!payment) throw new AppError('not_found');
      if (isUnchanged(request.headers['if-none-match'], payment.etag)) {
        deps.onRead('not_modified');
        response.writeHead(304, [...headers, 'etag', payment.etag]);
        response.end();
      } else {
        headers.push('etag', payment.etag, 'content-type', 'application/json; charset=utf-8');
        headers.push('content-length', String(payment.length));
        response.writeHead(200, headers);
        response.end(payment.body);
      }
    } catch (error) {
      const known = toAppError(error);
      if (known.status >= 500 && known.code !== 'overloaded')
        deps.log.error({ err: known.cause ?? known, requestId, method: 'GET', url: route }, 'a request failed');
      deps.onRead(known.code);
      if (known.code === 'rate_limited' && late < maxLate) {
        leave?.();
        late++;
        await new Promise((told) => setTimeout(told, delayOf(merchant.id, merchant.readsPerSecond)));
        late--;
      }
      sendProblem(known, response, requestId, limits);
    } finally {
      leave?.();
      door.report({ method: 'GET', route, status: response.statusCode, ms: performance.now() - receivedAtMs });
    }
  }
}

function sendProblem(error: AppError, response: ServerResponse, requestId: string, limits: LimitHeaders): void {
  if (response.headersSent) return void response.destroy();
  const body = JSON.stringify(problemOf(error, requestId));
  const headers = [...always, 'cache-control', 'no-store', 'request-id', requestId, ...limits];
  if (error.retryAfterSeconds !== undefined) headers.push('retry-after', String(error.retryAfterSeconds));
  headers.push('content-type', 'application/problem+json', 'content-length', String(Buffer.byteLength(body)));
  response.writeHead(error.status, headers);
  response.end(body);
}
