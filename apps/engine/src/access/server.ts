import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodes } from '@tributary/contracts/error-code';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError } from '../platform/app-error.ts';
import { discardBody } from './discard-body.ts';
import { isInRanges } from './ip-ranges.ts';
import { classOf, createLoadShedder } from './shed-load.ts';
import { problemOf, toAppError } from './to-api-error.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** `performance.now()` when the request's headers were read. */
    receivedAtMs: number;
  }
  interface FastifyInstance {
    /** What whoever answers in front of the router has to keep as well. */
    door: Door;
  }
}

export type Door = {
  isStopping(): boolean;
  /** @returns how to leave @throws AppError overloaded */
  enter: ReturnType<typeof createLoadShedder>['enter'];
  report: NonNullable<ServerDeps['onRequest']>;
  /** Requests of merchants and channels in work, and whether this node is about to stop. */
  load(): { inFlight: number; draining: boolean };
};

export const maxBodyBytes = 64 * 1024;
/** Longer than any deadline of a channel call that a merchant waits for. */
const stopWithinMs = 25_000;

type Log = { error(fields: object, message: string): void; warn(fields: object, message: string): void };

export type ServerDeps = {
  log: Log;
  /** Whether this node can do its work: configuration loaded, database reachable. */
  isReady: () => Promise<{ ready: boolean; checks: Record<string, string> }>;
  /** What a node says of itself beside that. */
  about?: () => Record<string, string>;
  metricsText: () => Promise<{ contentType: string; text: string }>;
  /** Most requests of merchants and channels in work at once; more are refused, the cheapest to ask again first. */
  maxInFlight?: number;
  /** Who may read `/metrics`: addresses or CIDR ranges. This machine by default. */
  metricsFrom?: readonly string[];
  /** Proxies in front of us whose `X-Forwarded-For` is believed. None by default: the peer is the caller. */
  trustedProxies?: readonly string[];
  /** How long a node that stops says so in `/readyz` and goes on working, in ms: until load balancers have seen it. */
  drainMs?: number;
  onRequest?: (report: { method: string; route: string; status: number; ms: number }) => void;
};

/**
 * The door: limits, request ids, raw bodies, problem+json for every error, health. Routes are registered by their own
 * files. Bodies stay bytes until the caller is known, because signatures cover bytes.
 */
export function createServer({
  log,
  isReady,
  about = () => ({}),
  metricsText,
  maxInFlight = 2_000,
  metricsFrom = ['127.0.0.0/8', '::1'],
  trustedProxies = [],
  drainMs = 0,
  onRequest,
}: ServerDeps): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 15_000, maxHeaderSize: 16 * 1024 },
    forceCloseConnections: 'idle',
    // We answer ourselves while stopping: as a problem, and after callbacks had their chance.
    return503OnClosing: false,
    trustProxy: trustedProxies.length > 0 ? (address) => isInRanges(trustedProxies, address) : false,
    genReqId: newRequestId,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => void sendProblem(toAppError(error), request, reply as FastifyReply),
    clientErrorHandler: answerUnreadable,
  });
  const load = createLoadShedder(maxInFlight);
  const routes: { method: string; pattern: RegExp }[] = [];
  let draining = false;
  let stopping = false;

  app.removeAllContentTypeParsers();
  const asBytes = { parseAs: 'buffer' as const };
  app.addContentTypeParser(/^application\/json(?:\s*;\s*charset=utf-8)?$/i, asBytes, (_, body, done) =>
    done(null, body),
  );

  app.decorateRequest('receivedAtMs', 0);
  app.decorate('door', {
    isStopping: () => stopping,
    enter: load.enter,
    report: onRequest ?? (() => undefined),
    load: () => ({ inFlight: load.inFlight(), draining }),
  });
  app.addHook('onRoute', ({ method, url }) => {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:[A-Za-z]+/g, '[^/]+')}$`);
    for (const one of [method].flat()) routes.push({ method: one, pattern });
  });
  app.addHook('preClose', async () => {
    draining = true;
    if (drainMs > 0) await sleep(drainMs);
    stopping = true;
    setTimeout(() => app.server.closeAllConnections(), stopWithinMs).unref();
  });
  // A connection that stays open after its last answer would hold up the stop for as long as it is kept alive.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (draining) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onRequest', async (request, reply) => {
    request.receivedAtMs = performance.now();
    reply.headers({ ...securityHeaders, 'request-id': request.id });
    const kind = classOf(request.method, request.url);
    if (!kind) return;
    if (stopping) throw new AppError('unavailable', 'this node is stopping', { retryAfterSeconds: 1 });
    reply.raw.once('close', load.enter(kind));
  });
  app.addHook('onResponse', async (request, reply) => {
    onRequest?.({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      ms: performance.now() - request.receivedAtMs,
    });
  });

  app.setErrorHandler(async (error, request, reply) => {
    const known = toAppError(error);
    if (known.code === 'body_too_large') await discardBody(request.raw);
    return sendProblem(known, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
    if (allowed.size > 0) reply.header('allow', [...allowed].sort().join(', '));
    return sendProblem(new AppError(allowed.size > 0 ? 'method_not_allowed' : 'not_found'), request, reply);
  });

  function sendProblem(error: AppError, request: FastifyRequest, reply: FastifyReply) {
    if (error.status >= 500)
      log.error(
        { err: error.cause ?? error, requestId: request.id, method: request.method, url: request.url.split('?')[0] },
        'a request failed',
      );
    // Requests that the framework could not even route have passed no hook.
    if (!reply.hasHeader('request-id')) reply.headers({ ...securityHeaders, 'request-id': request.id });
    if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds));
    if (error.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
    return reply
      .code(errorCodes[error.code].status)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify(problemOf(error, request.id)));
  }

  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_, reply) => {
    const { ready, checks } = draining ? { ready: false, checks: { node: 'stopping' } } : await isReady();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks, ...about() });
  });
  app.get('/metrics', async (request, reply) => {
    // A proxy on this machine makes the whole world look local.
    const isForwarded = trustedProxies.length === 0 && request.headers['x-forwarded-for'] !== undefined;
    if (isForwarded || !isInRanges(metricsFrom, request.ip)) throw new AppError('forbidden');
    const { contentType, text } = await metricsText();
    return reply.header('content-type', contentType).send(text);
  });
  return app;
}

const idBytes = 12;
let random = Buffer.alloc(0);
let used = 0;

/** Randomness is taken for many at once: one by one it is a good part of a cheap request. */
export function newRequestId(): string {
  if (used >= random.length) {
    random = randomBytes(idBytes * 512);
    used = 0;
  }
  used += idBytes;
  return `req_${random.toString('hex', used - idBytes, used)}`;
}

/** For answers that are data. Pages (the docs) set a policy of their own. */
export const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/** What is not even HTTP, or came too slowly, gets its problem too. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const requestId = newRequestId();
  const why =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'the request was not complete in time'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? 'the headers are too large'
        : 'this is not a valid HTTP request';
  const body = JSON.stringify(problemOf(new AppError('invalid_request', why), requestId));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nrequest-id: ${requestId}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
