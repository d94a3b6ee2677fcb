import { type ErrorCode, errorCodes } from '@tributary/contracts/error-code';
import { problemSchema } from '@tributary/contracts/payment';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AppError } from '../platform/app-error.ts';
import { fieldErrors, problemOf, toAppError } from './to-api-error.ts';

const fault = (code: string, message = 'secret detail') => Object.assign(new Error(message), { code });

describe('a fault', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    '08006',
    '53300',
    '57014',
    '57P01',
    '25006',
    '40001',
    '55P03',
    'P2024',
  ])('with the code %s means "not now"', (code) => {
    expect(toAppError(fault(code))).toMatchObject({ code: 'unavailable', status: 503, retryAfterSeconds: 1 });
  });

  it.each([
    'timeout exceeded when trying to connect',
    'Connection terminated unexpectedly',
    'Client has encountered a connection error and is not queryable',
    'Query read timeout',
    'Cannot use a pool after calling end on the pool',
  ])('that says "%s" means "not now"', (message) => {
    expect(toAppError(new Error(message)).code).toBe('unavailable');
  });

  it.each([
    ['FST_ERR_CTP_BODY_TOO_LARGE', 'body_too_large', 413],
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'unsupported_media_type', 415],
    ['FST_ERR_CTP_EMPTY_JSON_BODY', 'malformed_json', 400],
  ])('%s of the framework is %s', (code, expected, status) => {
    expect(toAppError(fault(code))).toMatchObject({ code: expected, status });
  });

  it.each([
    fault('23505', 'duplicate key value violates unique constraint "x"'),
    new TypeError('x is undefined'),
    'text',
    7,
    null,
    undefined,
    {},
  ])('that nobody foresaw (%s) tells the caller nothing', (error) => {
    const problem = problemOf(toAppError(error), 'req_1');
    expect(problem).toEqual({
      type: '/docs#error-internal',
      title: 'Internal error',
      status: 500,
      code: 'internal',
      detail: 'Internal error',
      requestId: 'req_1',
    });
  });
});

describe('a problem', () => {
  it('has exactly the fields of the contract, whatever its code', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const problem = problemOf(
        new AppError(code, 'why', { errors: [{ path: 'payer.ip', message: 'm' }], cause: 'secret' }),
        'r',
      );
      expect(z.strictObject(problemSchema.shape).parse(problem)).toEqual(problem);
      expect(problem.status).toBe(errorCodes[code].status);
      expect(JSON.stringify(problem)).not.toContain('secret');
    }
  });

  it('names fields by their paths, each unknown one by itself', () => {
    const schema = z.strictObject({
      payer: z.strictObject({ ip: z.ipv4() }),
      list: z.array(z.int()),
      need: z.string(),
    });
    const { error } = schema.safeParse({ payer: { ip: 'x', a: 1, b: 2 }, list: [1, 'x'] }, { reportInput: true });
    expect(error && fieldErrors(error).map(({ path }) => path)).toEqual([
      'payer.ip',
      'payer.a',
      'payer.b',
      'list.1',
      'need',
    ]);
    expect(error && fieldErrors(error).at(-1)?.message).toBe('is required');
  });
});
