import { createHash } from 'node:crypto';
import {
  createPaymentSchema,
  createRefundSchema,
  findPaymentSchema,
  listEventsSchema,
  listPaymentsSchema,
  paymentIdSchema,
  refundIdSchema,
} from '@tributary/contracts/payment';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import type * as z from 'zod';
import type { ConfigSource } from '../config/snapshot.ts';
import type {
  ClosePayment,
  CreateRefundOf,
  IdempotencyClaim,
  MerchantCaller,
  PlacePayment,
  StoredAnswer,
} from '../payments/operations.ts';
import { AppError } from '../platform/app-error.ts';
import type { Clock } from '../platform/ports/clock.ts';
import type { RateLimiter } from '../platform/ports/rate-limiter.ts';
import type { MerchantReads } from '../query/merchant-reads.ts';
import type { Authenticate, Scope } from './authenticate.ts';
import { answerReadsFirst } from './fast-reads.ts';
import { readJson } from './read-json.ts';
import type { ReadsLimit } from './reads-limit.ts';
import { sendRead } from './send-read.ts';
import { fieldErrors, invalidFields } from './to-api-error.ts';

export type MerchantApiDeps = {
  config: ConfigSource;
  authenticate: Authenticate;
  rateLimiter: RateLimiter;
  readsLimit: ReadsLimit;
  clock: Clock;
  placePayment: PlacePayment;
  refundPayment: CreateRefundOf;
  closePayment: ClosePayment;
  reads: MerchantReads;
  /** How a look-up ended that was not answered with what was asked for. */
  onRead: (outcome: string) => void;
  log: { error(fields: object, message: string): void };
  /** Makes what is open of a payment due. @returns false when it is asked about anyway */
  askSync: (paymentId: string) => Promise<boolean>;
};

/** A channel is not asked about one payment more often at a merchant's wish. */
const secondsBetweenSyncs = 5;
/** Nor for one merchant, on this node. */
const syncsPerSecond = 20;

/** The merchant REST API. Authenticate over the raw bytes, limit, parse, call, answer: no decisions here. */
export function registerMerchantRoutes(
  app: FastifyInstance,
  deps: MerchantApiDeps,
  /** For a node that answers look-ups and nothing else. */
  { readsOnly = false }: { readsOnly?: boolean } = {},
): void {
  const { reads } = deps;

  app.get('/v1/payments', async (request, reply) => {
    const caller = await enterToRead(request, reply, 'payments:read');
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
    const caller = await enterToRead(request, reply, 'payments:read');
    const { sync } = parse(findPaymentSchema, request.query);
    const id = knownId(paymentIdSchema, request.params.id);
    const payment = await reads.findPayment(caller.merchant.id, id);
    if (!payment) throw new AppError('not_found');
    if (sync === 'true') reply.header('sync', await askSync(caller.merchant.id, { id, status: payment.status }));
    return sendRead(request, reply, payment, () => deps.onRead('not_modified'));
  });

  app.get<{ Params: { id: string } }>('/v1/refunds/:id', async (request, reply) => {
    const caller = await enterToRead(request, reply, 'refunds:read');
    const refund = await reads.findRefund(caller.merchant.id, knownId(refundIdSchema, request.params.id));
    if (!refund) throw new AppError('not_found');
    return sendRead(request, reply, refund, () => deps.onRead('not_modified'));
  });

  app.get('/v1/events', async (request, reply) => {
    const caller = await enterToRead(request, reply, 'payments:read');
    const page = parse(listEventsSchema, request.query);
    const body = await reads.listEvents(caller.merchant.id, page);
    return reply.headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).send(body);
  });

  app.get('/v1/webhook-keys', async (request, reply) => {
    const { merchant } = await enterToRead(request, reply, 'payments:read');
    const now = deps.clock.now();
    const { webhookKey, webhookKeyOld } = merchant;
    return {
      data: [
        ...(webhookKey ? [{ publicKey: webhookKey.publicKey, until: null }] : []),
        ...(webhookKeyOld && webhookKeyOld.until > now
          ? [{ publicKey: webhookKeyOld.publicKey, until: webhookKeyOld.until.toISOString() }]
          : []),
      ],
    };
  });

  answerReadsFirst(app, deps);
  if (!readsOnly) registerWrites();

  function registerWrites(): void {
    app.post('/v1/payments', async (request, reply) => {
      const caller = await enter(request, 'payments:write');
      mustBeOn(caller, 'payments');
      const { claim, body } = parseCreation(createPaymentSchema, request);
      // One spelling for whoever counts or looks up by it: `::ffff:203.0.113.5` is no other address than `203.0.113.5`.
      if (body.payer?.ip) body.payer.ip = ipaddr.process(body.payer.ip).toString();
      return answer(reply, await deps.placePayment(caller, claim, body), '/v1/payments/');
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
      mustBeOn(caller, 'refunds');
      const paymentId = knownId(paymentIdSchema, request.params.id);
      const { claim, body } = parseCreation(createRefundSchema, request);
      return answer(reply, await deps.refundPayment(caller, claim, paymentId, body), '/v1/refunds/');
    });
  }

  async function enter(request: FastifyRequest, scope: Scope): Promise<MerchantCaller> {
    const caller = await recognize(request, scope);
    await limit(`merchant|${caller.merchant.id}`, caller.merchant.ratePerSecond);
    return caller;
  }

  /** Counted apart, so that whoever looks too often can still take payments. */
  async function enterToRead(request: FastifyRequest, reply: FastifyReply, scope: Scope): Promise<MerchantCaller> {
    const caller = await recognize(request, scope);
    const { headers, refused } = deps.readsLimit(caller.merchant);
    for (let i = 0; i < headers.length; i += 2) reply.header(headers[i] ?? '', headers[i + 1]);
    if (!refused) return caller;
    deps.onRead(refused.code);
    throw refused;
  }

  async function recognize(request: FastifyRequest, scope: Scope): Promise<MerchantCaller> {
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
    return {
      merchant,
      // One configuration from here to the end of the payment.
      snapshot: deps.config.snapshotFor(merchant.id),
      keyId,
      requestId: request.id,
      traceId: traceIdOf(request),
      receivedAtMs: request.receivedAtMs,
    };
  }

  /** Has a worker ask the channel soon; the answer is not waited for. */
  async function askSync(
    merchantId: string,
    { id, status }: { id: string; status: string },
  ): Promise<'asked' | 'too_soon' | 'not_open'> {
    if (status !== 'processing') return 'not_open';
    for (const [key, perSecond] of [
      [`sync|${id}`, 1 / secondsBetweenSyncs],
      [`syncs|${merchantId}`, syncsPerSecond],
    ] as const)
      if (!(await deps.rateLimiter.take(key, perSecond)).ok) return 'too_soon';
    return (await deps.askSync(id)) ? 'asked' : 'too_soon';
  }

  async function limit(key: string, perSecond: number): Promise<void> {
    const taken = await deps.rateLimiter.take(key, perSecond);
    if (!taken.ok)
      throw new AppError('rate_limited', undefined, { retryAfterSeconds: Math.ceil(taken.retryAfterMs / 1000) });
  }
}

/** @throws AppError unavailable when somebody has switched the function off */
function mustBeOn({ snapshot }: MerchantCaller, feature: 'payments' | 'refunds'): void {
  if (snapshot.featuresOff?.has(feature)) throw new AppError('unavailable', `new ${feature} are switched off for now`);
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
  const keys = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body) : ['(body)'];
  if (keys.length > 0)
    throw invalidFields(keys.map((path) => ({ path, message: 'must not be there: send {} or nothing' })));
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (!parsed.success) throw invalidFields(fieldErrors(parsed.error));
  return parsed.data;
}

/** An id that can't be one of ours names nothing, like any other id that is not the caller's. */
function knownId(schema: z.ZodType<string>, id: string): string {
  if (!schema.safeParse(id).success) throw new AppError('not_found');
  return id;
}

/** The key and the body of a request that makes something; what is wrong with either is told in one answer. */
function parseCreation<Schema extends z.ZodType>(
  schema: Schema,
  request: FastifyRequest,
): { claim: IdempotencyClaim; body: z.output<Schema> } {
  const key = request.headers['idempotency-key'];
  if (key === undefined || key === '') throw new AppError('idempotency_key_missing');
  const isKey = typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key);
  const parsed = schema.safeParse(bodyOf(request), { reportInput: true });
  if (isKey && parsed.success) return { claim: { key, requestHash: hashOf(request) }, body: parsed.data };
  throw invalidFields([
    ...(isKey ? [] : [{ path: 'Idempotency-Key', message: 'must be given once, 1 to 255 visible ASCII characters' }]),
    ...(parsed.success ? [] : fieldErrors(parsed.error)),
  ]);
}

const hashOf = (request: FastifyRequest): Buffer =>
  createHash('sha256').update(`${request.method}\n${request.url}\n`).update(rawOf(request)).digest();

/** The caller's trace if it sent one (W3C Trace Context), else one of our own. */
function traceIdOf(request: FastifyRequest): string {
  const match = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(String(request.headers.traceparent ?? ''));
  return match?.[1] && !/^0+$/.test(match[1]) ? match[1] : createHash('md5').update(request.id).digest('hex');
}
