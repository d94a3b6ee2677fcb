import { createHash } from 'node:crypto';
import {
  createPaymentSchema,
  createRefundSchema,
  listPaymentsSchema,
  paymentIdSchema,
  refundIdSchema,
} from '@tributary/contracts/payment';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { ConfigSource } from '../config/snapshot.ts';
import type {
  ClosePayment,
  CreateRefundOf,
  IdempotencyClaim,
  MerchantCaller,
  PaymentReads,
  PlacePayment,
  StoredAnswer,
} from '../payments/operations.ts';
import { AppError } from '../platform/app-error.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { RateLimiter } from '../platform/ports/rate-limiter.ts';
import type { Authenticate, Scope } from './authenticate.ts';
import { readJson } from './read-json.ts';
import { invalidRequest } from './to-api-error.ts';

export type MerchantApiDeps = {
  config: ConfigSource;
  authenticate: Authenticate;
  rateLimiter: RateLimiter;
  clock: Clock;
  placePayment: PlacePayment;
  refundPayment: CreateRefundOf;
  closePayment: ClosePayment;
  reads: PaymentReads;
};

/** The merchant REST API. Authenticate over the raw bytes, limit, parse, call, answer: no decisions here. */
export function registerMerchantRoutes(app: FastifyInstance, deps: MerchantApiDeps): void {
  const { reads } = deps;

  app.post('/v1/payments', async (request, reply) => {
    const caller = await enter(request, 'payments:write');
    const claim = claimOf(request);
    const body = parse(createPaymentSchema, bodyOf(request));
    return answer(reply, await deps.placePayment(caller, claim, body), '/v1/payments/');
  });

  app.get('/v1/payments', async (request) => {
    const caller = await enter(request, 'payments:read');
    const { cursor, merchantOrderNo, status, from, to, limit } = parse(listPaymentsSchema, request.query);
    return reads.listPayments(caller.merchant.id, {
      limit,
      ...(cursor ? { cursor } : {}),
      ...(merchantOrderNo ? { merchantOrderNo } : {}),
      ...(status ? { status } : {}),
      ...(from ? { from: new Date(from) } : {}),
      ...(to ? { to: new Date(to) } : {}),
    });
  });

  app.get<{ Params: { id: string } }>('/v1/payments/:id', async (request, reply) => {
    const caller = await enter(request, 'payments:read');
    const payment = await reads.findPayment(caller.merchant.id, knownId(paymentIdSchema, request.params.id));
    if (!payment) throw new AppError('not_found');
    const etag = `"${payment.id}-${payment.updatedAt}"`;
    reply.header('etag', etag);
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return payment;
  });

  app.post<{ Params: { id: string } }>('/v1/payments/:id/close', async (request) => {
    const caller = await enter(request, 'payments:write');
    refuseBody(request);
    const paymentId = knownId(paymentIdSchema, request.params.id);
    return deps.closePayment({
      paymentId,
      merchantId: caller.merchant.id,
      reason: 'closed_by_merchant',
      actor: `key:${caller.keyId}`,
    });
  });

  app.post<{ Params: { id: string } }>('/v1/payments/:id/refunds', async (request, reply) => {
    const caller = await enter(request, 'refunds:write');
    const claim = claimOf(request);
    const paymentId = knownId(paymentIdSchema, request.params.id);
    const body = parse(createRefundSchema, bodyOf(request));
    return answer(reply, await deps.refundPayment(caller, claim, paymentId, body), '/v1/refunds/');
  });

  app.get<{ Params: { id: string } }>('/v1/refunds/:id', async (request) => {
    const caller = await enter(request, 'refunds:read');
    const refund = await reads.findRefund(caller.merchant.id, knownId(refundIdSchema, request.params.id));
    if (!refund) throw new AppError('not_found');
    return refund;
  });

  async function enter(request: FastifyRequest, scope: Scope): Promise<MerchantCaller> {
    const snapshot = deps.config.current();
    const raw = rawOf(request);
    let authenticated: ReturnType<Authenticate>;
    try {
      authenticated = deps.authenticate(
        snapshot,
        { method: request.method, pathAndQuery: request.url, headers: request.headers, body: raw, ip: request.ip },
        scope,
      );
    } catch (error) {
      await limit(`auth|${request.ip}`, 20);
      throw error;
    }
    const { merchant, keyId } = authenticated;
    await limit(`merchant|${merchant.id}`, merchant.ratePerSecond);
    return {
      merchant,
      snapshot,
      keyId,
      requestId: request.id,
      traceId: traceIdOf(request),
      receivedAtMs: request.receivedAtMs,
    };
  }

  async function limit(key: string, perSecond: number): Promise<void> {
    const taken = await deps.rateLimiter.take(key, perSecond);
    if (!taken.ok)
      throw new AppError('rate_limited', undefined, { retryAfterSeconds: Math.ceil(taken.retryAfterMs / 1000) });
  }
}

function answer(reply: FastifyReply, stored: StoredAnswer, location: string) {
  const { id } = JSON.parse(stored.body) as { id: string };
  reply
    .code(stored.status)
    .header('content-type', 'application/json; charset=utf-8')
    .header('location', location + id);
  if (stored.replayed) reply.header('idempotency-status', 'replayed');
  return reply.send(stored.body);
}

const rawOf = (request: FastifyRequest): Buffer => (Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));

function bodyOf(request: FastifyRequest): unknown {
  const raw = rawOf(request);
  if (raw.length === 0) throw new AppError('malformed_json', 'the body is empty');
  return readJson(raw);
}

/** Closing takes no arguments: an empty body or `{}`. */
function refuseBody(request: FastifyRequest): void {
  const raw = rawOf(request);
  if (raw.length === 0) return;
  const body = readJson(raw);
  const keys = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body) : undefined;
  if (!keys)
    throw new AppError('invalid_request', 'the body must be empty or {}', {
      errors: [{ path: '(body)', message: 'must be empty or {}' }],
    });
  if (keys.length > 0) {
    throw new AppError('invalid_request', 'closing takes no fields', {
      errors: keys.map((path) => ({ path, message: 'is not a known field' })),
    });
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (!parsed.success) throw invalidRequest(parsed.error);
  return parsed.data;
}

/** An id that can't be one of ours names nothing, like any other id that is not the caller's. */
function knownId(schema: z.ZodType<string>, id: string): string {
  if (!schema.safeParse(id).success) throw new AppError('not_found');
  return id;
}

function claimOf(request: FastifyRequest): IdempotencyClaim {
  const key = request.headers['idempotency-key'];
  if (key === undefined || key === '') throw new AppError('idempotency_key_missing');
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new AppError('invalid_request', 'the Idempotency-Key header is not valid', {
      errors: [{ path: 'Idempotency-Key', message: 'must be given once, 1 to 255 visible ASCII characters' }],
    });
  }
  const requestHash = createHash('sha256')
    .update(`${request.method}\n${request.url}\n`)
    .update(rawOf(request))
    .digest();
  return { key, requestHash };
}

/** The caller's trace if it sent one (W3C Trace Context), else one of our own. */
function traceIdOf(request: FastifyRequest): string {
  const match = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(String(request.headers.traceparent ?? ''));
  return match?.[1] && !/^0+$/.test(match[1]) ? match[1] : createHash('md5').update(request.id).digest('hex');
}
