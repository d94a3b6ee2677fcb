import { errorCodes } from '@tributary/contracts/error-code';
import {
  createPaymentSchema,
  createRefundSchema,
  listPaymentsSchema,
  paymentListSchema,
  paymentSchema,
  problemSchema,
  refundSchema,
} from '@tributary/contracts/payment';
import * as z from 'zod';

type Json = Record<string, unknown>;

const components = {
  CreatePayment: createPaymentSchema,
  Payment: paymentSchema,
  PaymentList: paymentListSchema,
  CreateRefund: createRefundSchema,
  Refund: refundSchema,
  Problem: problemSchema,
} as const;

const ref = (name: keyof typeof components): Json => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Json): Json => ({ 'application/json': { schema } });

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

/** Problem answers of an operation, one entry per HTTP status, naming the codes that come with it. */
function problems(...codes: (keyof typeof errorCodes)[]): Json {
  const always = ['unauthenticated', 'forbidden', 'rate_limited', 'overloaded', 'unavailable', 'internal'] as const;
  const byStatus = new Map<number, string[]>();
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
          description: list
            .map((code) => `\`${code}\`: ${errorCodes[code as keyof typeof errorCodes].title}`)
            .join('; '),
          content: { 'application/problem+json': { schema: ref('Problem') } },
        },
      ]),
  );
}

const requestHeaders = { 'Request-Id': { description: 'Quote it when you ask for help.', schema: { type: 'string' } } };
const ok = (description: string, schema: Json, headers: Json = {}): Json => ({
  description,
  headers: { ...requestHeaders, ...headers },
  content: json(schema),
});
const replayed = {
  'Idempotency-Status': {
    description: '`replayed` when this is the stored answer of an earlier request.',
    schema: { type: 'string' },
  },
};

const paths: Json = {
  '/v1/payments': {
    post: {
      operationId: 'createPayment',
      summary: 'Take a payment',
      description:
        'Judged by risk, routed to a channel and sent there before the answer. `processing` means that the payer has to act, or that the channel has not said yet: query, or wait for the webhook.',
      parameters: [idempotencyKey],
      requestBody: { required: true, content: json(ref('CreatePayment')) },
      responses: {
        '201': ok('The payment, whatever came of it: look at `status`.', ref('Payment'), replayed),
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
      description: 'Newest first. Pass `nextCursor` as `cursor` for the next page.',
      parameters: queryParameters(),
      responses: { '200': ok('A page of payments.', ref('PaymentList')), ...problems('invalid_request') },
    },
  },
  '/v1/payments/{id}': {
    get: {
      operationId: 'getPayment',
      summary: 'Query a payment',
      parameters: [
        paymentId,
        {
          name: 'If-None-Match',
          in: 'header',
          required: false,
          description: 'The `ETag` you have.',
          schema: { type: 'string' },
        },
      ],
      responses: {
        '200': ok('The payment.', ref('Payment'), {
          ETag: { description: 'Changes with every change of the payment.', schema: { type: 'string' } },
        }),
        '304': { description: 'Nothing has changed.' },
        ...problems('not_found'),
      },
    },
  },
  '/v1/payments/{id}/close': {
    post: {
      operationId: 'closePayment',
      summary: 'Close a payment',
      description:
        'Closes (or, for barcode payments, reverses) an open payment at the channel. If the payer was faster the answer is the succeeded payment.',
      parameters: [paymentId],
      responses: {
        '200': ok('The payment as it now stands.', ref('Payment')),
        ...problems('invalid_request', 'not_found', 'payment_already_final'),
      },
    },
  },
  '/v1/payments/{id}/refunds': {
    post: {
      operationId: 'createRefund',
      summary: 'Refund a payment',
      description: 'In full or in part, as often as the paid amount allows.',
      parameters: [paymentId, idempotencyKey],
      requestBody: { required: true, content: json(ref('CreateRefund')) },
      responses: {
        '201': ok('The refund.', ref('Refund'), replayed),
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
      parameters: [refundId],
      responses: { '200': ok('The refund.', ref('Refund')), ...problems('not_found') },
    },
  },
};

function queryParameters(): Json[] {
  const { properties, required = [] } = z.toJSONSchema(listPaymentsSchema, { io: 'input' }) as {
    properties: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
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
    security: [{ apiKey: [] }, { signature: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'Your API key: `Authorization: Bearer tk_live_…`.' },
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'Tributary-Signature',
          description:
            'Base64 Ed25519 or RSA-SHA256 signature over `METHOD\\nPATH?QUERY\\nTIMESTAMP\\nNONCE\\nSHA256_HEX(BODY)\\n`, with the headers Tributary-Key, Tributary-Timestamp (Unix seconds, within 5 minutes) and Tributary-Nonce (16 to 64 characters, used once).',
        },
      },
    },
  };
}
