import { type ErrorCode, errorCodes } from '@tributary/contracts/error-code';
import {
  createPaymentSchema,
  createRefundSchema,
  findPaymentSchema,
  listEventsSchema,
  listPaymentsSchema,
  paymentListSchema,
  paymentSchema,
  problemSchema,
  refundSchema,
} from '@tributary/contracts/payment';
import * as z from 'zod';
import { AppError } from '../platform/app-error.ts';
import type { Scope } from './authenticate.ts';
import { eventListSchema, paymentEventSchema, refundEventSchema, webhookKeyListSchema } from './event-schemas.ts';
import * as examples from './openapi-examples.ts';
import { problemOf } from './to-api-error.ts';

type Json = Record<string, unknown>;

export const components = {
  CreatePayment: createPaymentSchema,
  Payment: paymentSchema,
  PaymentList: paymentListSchema,
  CreateRefund: createRefundSchema,
  Refund: refundSchema,
  PaymentEvent: paymentEventSchema,
  RefundEvent: refundEventSchema,
  EventList: eventListSchema,
  WebhookKeyList: webhookKeyListSchema,
  Problem: problemSchema,
} as const;

type Component = keyof typeof components;

const ref = (name: Component): Json => ({ $ref: `#/components/schemas/${name}` });
const json = (name: Component, example: unknown): Json => ({ 'application/json': { schema: ref(name), example } });
const jsons = (name: Component, named: Record<string, unknown>): Json => ({
  'application/json': {
    schema: ref(name),
    examples: Object.fromEntries(Object.entries(named).map(([key, value]) => [key, { value }])),
  },
});

/** Either a key or a signature, with the scope that the caller needs. */
const needs = (scope: Scope): Json[] => [
  { apiKey: [scope] },
  { signatureKey: [scope], signatureTimestamp: [], signatureNonce: [], signature: [] },
];

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description:
    'Your key of this request, 1 to 255 visible ASCII characters, kept for 25 hours. The same request gets the same answer.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const pathId = (pattern: string, description: string): Json => ({
  name: 'id',
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', pattern },
});
const paymentId = pathId('^pay_[0-9A-HJKMNP-TV-Z]{26}$', 'The payment.');
const refundId = pathId('^rfd_[0-9A-HJKMNP-TV-Z]{26}$', 'The refund.');

const requestHeaders = { 'Request-Id': { description: 'Quote it when you ask for help.', schema: { type: 'string' } } };
const retryAfter = {
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
};

/** Problem answers of an operation, one entry per HTTP status, with an example per code. */
function problems(...codes: ErrorCode[]): Json {
  const always = ['unauthenticated', 'forbidden', 'rate_limited', 'overloaded', 'unavailable', 'internal'] as const;
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes, ...always]) {
    const { status } = errorCodes[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, list]) => [
        String(status),
        {
          description: list.map((code) => `\`${code}\`: ${errorCodes[code].title}`).join('; '),
          headers: { ...requestHeaders, ...(status === 429 || status === 503 ? retryAfter : {}) },
          content: {
            'application/problem+json': {
              schema: ref('Problem'),
              examples: Object.fromEntries(list.map((code) => [code, { value: problemExample(code) }])),
            },
          },
        },
      ]),
  );
}

const problemExample = (code: ErrorCode) =>
  problemOf(
    new AppError(code, undefined, code === 'invalid_request' ? { errors: examples.fieldErrorsExample } : {}),
    'req_5f0c9a3be1d24877a6c01e9b',
  );

const ok = (description: string, content: Json, headers: Json = {}): Json => ({
  description,
  headers: { ...requestHeaders, ...headers },
  content,
});
/** Of every answer to a look-up. */
const readLimit = {
  RateLimit: {
    description:
      'What is left of your rate of look-ups on this node: `"reads";r=<left>;t=<seconds until all of it is back>`.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'Your rate of look-ups: `"reads";q=<how many>;w=<in so many seconds>`.',
    schema: { type: 'string' },
  },
};
const etag = {
  ETag: {
    description: 'Stands for the version of the resource, the same on every node; changes with every change.',
    schema: { type: 'string' },
  },
  ...readLimit,
};
const sync = {
  Sync: {
    description: 'With `sync=true`: whether a worker will ask the channel now.',
    schema: { type: 'string', enum: ['asked', 'too_soon', 'not_open'] },
  },
};
const ifNoneMatch: Json = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'The `ETag` you have: 304 when nothing has changed.',
  schema: { type: 'string' },
};
const location = { Location: { description: 'Where to query it.', schema: { type: 'string' } } };
const notModified = { '304': { description: 'Nothing has changed.' } };
const replayed = {
  'Idempotency-Status': {
    description: '`replayed` when this is the stored answer of an earlier request.',
    schema: { type: 'string' },
  },
};

const closed = {
  ...examples.processingPaymentExample,
  credential: undefined,
  status: 'closed',
  failure: { code: 'closed_by_merchant', message: 'Closed by the merchant' },
};

const paths: Json = {
  '/v1/payments': {
    post: {
      operationId: 'createPayment',
      summary: 'Take a payment',
      security: needs('payments:write'),
      description:
        'Judged by risk, routed to a channel and sent there before the answer. `processing` means that the payer has to act, or that the channel has not said yet: query, or wait for the webhook.',
      parameters: [idempotencyKey],
      requestBody: { required: true, content: json('CreatePayment', examples.createPaymentExample) },
      responses: {
        '201': ok(
          'The payment, whatever came of it: look at `status`.',
          jsons('Payment', {
            processing: examples.processingPaymentExample,
            rejected: examples.rejectedPaymentExample,
          }),
          { ...replayed, ...location },
        ),
        ...problems(
          'invalid_request',
          'malformed_json',
          'idempotency_key_missing',
          'idempotency_key_in_flight',
          'merchant_order_no_taken',
          'idempotency_key_reused',
          'service_unavailable',
          'currency_not_allowed',
          'amount_out_of_range',
          'unsupported_media_type',
          'body_too_large',
          'signature_required',
        ),
      },
    },
    get: {
      operationId: 'listPayments',
      summary: 'List payments',
      security: needs('payments:read'),
      description: 'Newest first. Pass `nextCursor` as `cursor` for the next page.',
      parameters: queryParameters(listPaymentsSchema),
      responses: {
        '200': ok('A page of payments.', json('PaymentList', examples.paymentListExample), readLimit),
        ...problems('invalid_request'),
      },
    },
  },
  '/v1/payments/{id}': {
    get: {
      operationId: 'getPayment',
      summary: 'Query a payment',
      description:
        'The newest state that is committed, never an older one than you were told before. With `If-None-Match` polling costs next to nothing.',
      security: needs('payments:read'),
      parameters: [paymentId, ifNoneMatch, ...queryParameters(findPaymentSchema)],
      responses: {
        '200': ok('The payment.', json('Payment', examples.succeededPaymentExample), { ...etag, ...sync }),
        ...notModified,
        ...problems('invalid_request', 'not_found'),
      },
    },
  },
  '/v1/payments/{id}/close': {
    post: {
      operationId: 'closePayment',
      summary: 'Close a payment',
      security: needs('payments:write'),
      description:
        'Closes (or, for barcode payments, reverses) an open payment at the channel. If the payer was faster the answer is the succeeded payment.',
      parameters: [paymentId],
      responses: {
        '200': ok('The payment as it now stands.', json('Payment', closed)),
        ...problems(
          'invalid_request',
          'malformed_json',
          'not_found',
          'payment_already_final',
          'unsupported_media_type',
          'body_too_large',
          'signature_required',
        ),
      },
    },
  },
  '/v1/payments/{id}/refunds': {
    post: {
      operationId: 'createRefund',
      summary: 'Refund a payment',
      security: needs('refunds:write'),
      description: 'In full or in part, as often as the paid amount allows.',
      parameters: [paymentId, idempotencyKey],
      requestBody: { required: true, content: json('CreateRefund', examples.createRefundExample) },
      responses: {
        '201': ok('The refund.', json('Refund', examples.refundExample), { ...replayed, ...location }),
        ...problems(
          'invalid_request',
          'malformed_json',
          'idempotency_key_missing',
          'idempotency_key_in_flight',
          'not_found',
          'payment_not_refundable',
          'merchant_refund_no_taken',
          'refund_exceeds_payment',
          'idempotency_key_reused',
          'unsupported_media_type',
          'body_too_large',
          'signature_required',
        ),
      },
    },
  },
  '/v1/refunds/{id}': {
    get: {
      operationId: 'getRefund',
      summary: 'Query a refund',
      security: needs('refunds:read'),
      parameters: [refundId, ifNoneMatch],
      responses: {
        '200': ok('The refund.', json('Refund', examples.refundExample), etag),
        ...notModified,
        ...problems('not_found'),
      },
    },
  },
  '/v1/events': {
    get: {
      operationId: 'listEvents',
      summary: 'List events',
      description:
        'What your webhooks say, numbered without a gap and kept for 90 days, also when you have no webhook URL. Read on from the last number that you have seen, and you miss none.',
      security: needs('payments:read'),
      parameters: queryParameters(listEventsSchema),
      responses: {
        '200': ok('A page of events.', json('EventList', examples.eventListExample), readLimit),
        ...problems('invalid_request'),
      },
    },
  },
  '/v1/webhook-keys': {
    get: {
      operationId: 'listWebhookKeys',
      summary: 'Keys to check webhooks with',
      description: 'Public keys of the `v1a` signatures: the one in use, and during a rotation the one before.',
      security: needs('payments:read'),
      responses: { '200': ok('The keys.', json('WebhookKeyList', examples.webhookKeyListExample)), ...problems() },
    },
  },
};

const webhookHeaders: Json[] = [
  ['webhook-id', 'The same on every try: remember it to do things once.'],
  ['webhook-timestamp', 'Unix seconds of this try. Refuse what is older than 5 minutes.'],
  [
    'webhook-signature',
    'One or more, separated by blanks: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body` under your webhook secret, or `v1a,` and its Ed25519 signature. One that fits is enough; during a rotation there are two of a kind.',
  ],
].map(([name, description]) => ({ name, in: 'header', required: true, description, schema: { type: 'string' } }));

const webhook = (summary: string, schema: Component, example: unknown): Json => ({
  post: {
    summary,
    security: [],
    parameters: webhookHeaders,
    requestBody: { required: true, content: json(schema, example) },
    responses: {
      '2XX': { description: 'Taken. Anything else, or nothing within 15 seconds, and we try again for about a day.' },
      '410': { description: 'You want no more of this: we stop.' },
    },
  },
});

const webhooks: Json = {
  payment: webhook('A payment has come to its end', 'PaymentEvent', examples.paymentEventExample),
  refund: webhook('A refund has come to its end', 'RefundEvent', examples.refundEventExample),
};

function queryParameters(query: z.ZodType): Json[] {
  const { properties, required = [] } = z.toJSONSchema(query, { io: 'input' }) as {
    properties: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name) && schema.default === undefined,
    description,
    schema,
  }));
}

/** The OpenAPI 3.1 document, made from the very schemas that the handlers parse with. */
export function createOpenApi(serverUrl = '/'): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(components)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, io: 'input' });
  for (const schema of Object.values(schemas) as Json[]) {
    delete schema.$id;
    delete schema.$schema;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tributary merchant API',
      version: '1.0.0',
      description: 'Every payment channel through one API. Amounts are integers of minor units; times are UTC.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    paths,
    webhooks,
    components: {
      schemas,
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'Your API key: `Authorization: Bearer tk_live_…`.' },
        ...signatureSchemes,
      },
    },
  };
}

const signatureSchemes = Object.fromEntries(
  [
    ['signatureKey', 'Tributary-Key', 'The id of your signing key.'],
    ['signatureTimestamp', 'Tributary-Timestamp', 'Unix seconds, within 5 minutes of ours.'],
    ['signatureNonce', 'Tributary-Nonce', '16 to 64 characters of `0-9 A-Z a-z _ -`, used once.'],
    [
      'signature',
      'Tributary-Signature',
      'Base64 Ed25519 or RSA-SHA256 signature over `METHOD\\nPATH?QUERY\\nTIMESTAMP\\nNONCE\\nSHA256_HEX(BODY)\\n`.',
    ],
  ].map(([name = '', header, description]) => [name, { type: 'apiKey', in: 'header', name: header, description }]),
);
