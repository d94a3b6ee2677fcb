import { randomBytes } from 'node:crypto';
import { errorCodes } from '@tributary/contracts/error-code';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError } from '../platform/app-error.ts';
import { problemOf, toAppError } from './to-api-error.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** `performance.now()` when the request's headers were read. */
    receivedAtMs: number;
  }
}

export const maxBodyBytes = 64 * 1024;

type Log = { error(fields: object, message: string): void; warn(fields: object, message: string): void };

export type ServerDeps = {
  log: Log;
  /** Whether this node can do its work: configuration loaded, database reachable. */
  isReady: () => Promise<{ ready: boolean; checks: Record<string, string> }>;
  metricsText: () => Promise<{ contentType: string; text: string }>;
  /** Most merchant requests in work at once; more are refused at the door, callbacks and health checks never. */
  maxInFlight?: number;
  onRequest?: (report: { method: string; route: string; status: number; ms: number }) => void;
};

/**
 * The door: limits, request ids, raw bodies, problem+json for every error, health. Routes are registered by their own
 * files. Bodies stay bytes until the caller is known, because signatures cover bytes.
 */
export function createServer({
  log,
  isReady,
  metricsText,
  maxInFlight = 2_000,
  onRequest,
}: ServerDeps): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    genReqId: () => `req_${randomBytes(12).toString('hex')}`,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => void sendProblem(toAppError(error), request, reply as FastifyReply),
  });
  let inFlight = 0;

  app.removeAllContentTypeParsers();
  const asBytes = { parseAs: 'buffer' as const };
  app.addContentTypeParser(/^application\/json(?:\s*;\s*charset=utf-8)?$/i, asBytes, (_, body, done) =>
    done(null, body),
  );

  app.decorateRequest('receivedAtMs', 0);
  app.addHook('onRequest', async (request, reply) => {
    request.receivedAtMs = performance.now();
    reply.header('request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    if (!request.url.startsWith('/v1/')) return;
    if (inFlight >= maxInFlight) throw new AppError('overloaded', undefined, { retryAfterSeconds: 1 });
    inFlight++;
    reply.raw.once('close', () => {
      inFlight--;
    });
  });
  app.addHook('onResponse', async (request, reply) => {
    onRequest?.({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      ms: performance.now() - request.receivedAtMs,
    });
  });

  app.setErrorHandler((error, request, reply) => sendProblem(toAppError(error), request, reply));
  app.setNotFoundHandler((request, reply) => {
    const allowed = ['GET', 'POST'].filter(
      (method) => method !== request.method && app.hasRoute({ method: method as 'GET', url: routeLike(request.url) }),
    );
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    return sendProblem(new AppError(allowed.length > 0 ? 'method_not_allowed' : 'not_found'), request, reply);
  });

  function sendProblem(error: AppError, request: FastifyRequest, reply: FastifyReply) {
    if (error.status >= 500)
      log.error(
        { err: error.cause ?? error, requestId: request.id, method: request.method, url: request.url.split('?')[0] },
        'a request failed',
      );
    if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds));
    if (error.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
    return reply
      .code(errorCodes[error.code].status)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify(problemOf(error, request.id)));
  }

  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_, reply) => {
    const { ready, checks } = await isReady();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks });
  });
  app.get('/metrics', async (_, reply) => {
    const { contentType, text } = await metricsText();
    return reply.header('content-type', contentType).send(text);
  });
  return app;
}

/** The route a path would belong to, to tell "wrong method" from "no such thing". */
function routeLike(url: string): string {
  const path = url.split('?')[0] ?? '';
  return path
    .replace(/^\/v1\/payments\/[^/]+\/(close|refunds)$/, '/v1/payments/:id/$1')
    .replace(/^\/v1\/(payments|refunds)\/[^/]+$/, '/v1/$1/:id');
}
