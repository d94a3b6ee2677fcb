import { type ErrorCode, errorCodes } from '@tributary/contracts/error-code';

/** One field that is wrong: `path` as in `payer.ip`, message for a developer. */
export type FieldError = { path: string; message: string };

/**
 * A fault with a stable code, the only kind we throw on purpose. The code fixes HTTP status and retryability; `detail`
 * is for the caller (never a secret, never SQL), `cause` is for our log.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly errors: FieldError[] | undefined;
  /** Seconds after which a retry makes sense, for `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    detail?: string,
    options: { errors?: FieldError[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail ?? errorCodes[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }
}
