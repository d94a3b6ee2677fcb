import { type ErrorCode, errorCodes } from '@tributary/contracts/error-code';
import type { Problem } from '@tributary/contracts/payment';
import type { ZodError } from 'zod';
import { AppError, type FieldError } from '../platform/app-error.ts';

/** Where a code is explained to people. */
const typeOf = (code: ErrorCode): string => `/docs#error-${code}`;

/** Every wrong field at once, by path as in `payer.ip`. */
export function fieldErrors(error: ZodError): FieldError[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: 'is not a known field' }));
    }
    return [{ path: path || '(body)', message: messageOf(issue) }];
  });
}

function messageOf(issue: ZodError['issues'][number]): string {
  if ((issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.input === undefined)
    return 'is required';
  return issue.message;
}

export const invalidFields = (errors: FieldError[]): AppError =>
  new AppError('invalid_request', 'one or more fields are not valid', { errors });

export const invalidRequest = (error: ZodError): AppError => invalidFields(fieldErrors(error));

/**
 * Codes by which Postgres, our pools and the network say "not now" rather than "never": connection lost, too many
 * connections, out of resources, shutting down, statement or lock timeout, a standby, serialization; then Node's and
 * Prisma's words for the same.
 */
const passing =
  /^(08...|53...|57...|25006|25P03|40001|40P01|55P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|P1001|P1002|P1008|P1017|P2024|P2034)$/;

// What `pg` says without a code.
const passingMessage =
  /timeout exceeded when trying to connect|Connection terminated|not queryable|Query read timeout|after calling end on the pool/;

/** Any fault as one of ours; what we did not foresee is `internal` and tells the caller nothing. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, message, statusCode } = (error ?? {}) as { code?: unknown; message?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('body_too_large');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new AppError('unsupported_media_type');
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return new AppError('malformed_json', 'the body is empty');
  if ((typeof code === 'string' && passing.test(code)) || (typeof message === 'string' && passingMessage.test(message)))
    return new AppError('unavailable', undefined, { cause: error, retryAfterSeconds: 1 });
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return new AppError('invalid_request', 'the request can not be read');
  return new AppError('internal', undefined, { cause: error ?? new Error('nothing was thrown') });
}

/** RFC 9457 problem details. */
export function problemOf(error: AppError, requestId: string): Problem {
  return {
    type: typeOf(error.code),
    title: errorCodes[error.code].title,
    status: error.status,
    code: error.code,
    detail: error.code === 'internal' ? errorCodes.internal.title : error.message,
    ...(error.errors ? { errors: error.errors } : {}),
    requestId,
  };
}
