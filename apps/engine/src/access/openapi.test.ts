import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { registerMerchantRoutes } from './merchant-routes.ts';
import { components, createOpenApi } from './openapi.ts';
import { createServer } from './server.ts';

const document = createOpenApi() as {
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, { post: Operation }>;
  components: { schemas: Record<string, Schema> };
};
type Media = { schema: { $ref: string }; example?: unknown; examples?: Record<string, { value: unknown }> };
type Operation = {
  operationId: string;
  security: Record<string, string[]>[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
};
type Schema = {
  additionalProperties?: unknown;
  required?: string[];
  description?: string;
  properties?: Record<string, Schema & { $ref?: string; const?: unknown }>;
};
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(JSON.stringify(document)));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  it('tells every operation of the contract, with its errors', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toEqual([
      'GET /v1/events',
      'GET /v1/payments',
      'GET /v1/payments/{id}',
      'GET /v1/refunds/{id}',
      'GET /v1/webhook-keys',
      'POST /v1/payments',
      'POST /v1/payments/{id}/close',
      'POST /v1/payments/{id}/refunds',
    ]);
    for (const methods of Object.values(document.paths))
      for (const { responses } of Object.values(methods))
        expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '429', '500', '503']));
  });

  it('comes from the schemas that the handlers parse with', () => {
    expect(document.components.schemas.CreatePayment).toMatchObject({
      additionalProperties: false,
      required: ['merchantOrderNo', 'serviceId', 'amount', 'currency', 'subject'],
    });
  });

  it('tells every route that there is, and none that there is not', async () => {
    const app = createServer({
      log: { error: () => undefined, warn: () => undefined },
      isReady: async () => ({ ready: true, checks: {} }),
      metricsText: async () => ({ contentType: 'text/plain', text: '' }),
    });
    const routes: string[] = [];
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) if (one !== 'HEAD') routes.push(`${one} ${url.replace(':id', '{id}')}`);
    });
    registerMerchantRoutes(app, {} as never);
    const told = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(told.sort()).toEqual(routes.sort());
    await app.close();
  });

  it('has examples that are what they say', () => {
    let examples = 0;
    const all = [...operations, ...Object.values(document.webhooks).map(({ post }) => post)];
    for (const { requestBody, responses } of all) {
      for (const { content } of [requestBody, ...Object.values(responses)].filter((one) => one !== undefined)) {
        for (const { schema, example, examples: named } of Object.values(content ?? {})) {
          const name = schema.$ref.split('/').at(-1) as keyof typeof components;
          const { shape } = components[name];
          for (const value of [example, ...Object.values(named ?? {}).map((one) => one.value)]) {
            if (value === undefined) continue;
            examples++;
            expect(z.strictObject(shape).safeParse(JSON.parse(JSON.stringify(value))).error, name).toBeUndefined();
          }
        }
      }
    }
    expect(examples).toBeGreaterThan(50);
  });

  it('says which scope each operation needs, and describes every field', () => {
    for (const { security, operationId } of operations) {
      expect(security, operationId).toHaveLength(2);
      expect(security[0]?.apiKey).toEqual([expect.stringMatching(/^(payments|refunds):(read|write)$/)]);
    }
    for (const [name, { properties }] of Object.entries(document.components.schemas))
      for (const [field, schema] of Object.entries(properties ?? {}))
        if (!['type', 'data'].includes(field))
          expect(schema.description ?? schema.$ref, `${name}.${field}`).toBeTruthy();
  });
});
