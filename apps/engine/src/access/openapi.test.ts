import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { createOpenApi } from './openapi.ts';

const document = createOpenApi() as {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  components: { schemas: Record<string, { additionalProperties?: unknown; required?: string[] }> };
};

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
      'GET /v1/payments',
      'GET /v1/payments/{id}',
      'GET /v1/refunds/{id}',
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
});
