import { mayDo, type Permission, type Role } from '@tributary/contracts/role';
import { initTRPC, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import type { Actor, Audit } from '../config/audit.store.ts';
import { AppError } from '../platform/app-error.ts';
import type { Viewer } from './auth.ts';
import { checkInput } from './check-input.ts';
import { invalidRequest, toAppError } from './to-api-error.ts';

/** What every procedure knows of its call. */
export type Context = {
  viewer: Viewer | undefined;
  requestId: string;
  ip: string;
  userAgent: string | undefined;
  audit: Pick<Audit, 'append'>;
  log: { error(fields: object, message: string): void };
};

/** What every procedure must say of itself. */
export type Meta = { permission: Permission };

const statusNames = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
  500: 'INTERNAL_SERVER_ERROR',
} as const;

const trpc = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    errorFormatter({ shape, error, ctx }) {
      const { cause } = error;
      const known = cause instanceof AppError ? cause : cause instanceof ZodError ? invalidRequest(cause) : undefined;
      const message = error.code === 'INTERNAL_SERVER_ERROR' ? 'Internal error' : (known?.message ?? shape.message);
      return {
        ...shape,
        message,
        data: {
          code: shape.data.code,
          httpStatus: shape.data.httpStatus,
          path: shape.data.path,
          /** Our stable code, as in the merchant API. */
          error:
            known?.code ??
            (error.code === 'BAD_REQUEST' ? 'invalid_request' : error.code === 'NOT_FOUND' ? 'not_found' : 'internal'),
          errors: known?.errors,
          requestId: ctx?.requestId,
        },
      };
    },
  });

export const { router, createCallerFactory } = trpc;

const thrown = (error: AppError): TRPCError =>
  new TRPCError({
    code: statusNames[error.status as keyof typeof statusNames] ?? 'INTERNAL_SERVER_ERROR',
    message: error.message,
    cause: error,
  });

/**
 * The only way to make a procedure: it names its permission. Who may not is refused before the input is looked at, and
 * the refusal is written down. A viewer of role `merchant` is always bound to a merchant.
 * @param anyInput for a procedure that copes with whatever it is sent: its input is not looked at beforehand
 */
export const procedure = (permission: Permission, { anyInput = false } = {}) =>
  trpc.procedure.meta({ permission }).use(async ({ ctx, path, type, next, getRawInput }) => {
    const { viewer } = ctx;
    if (!viewer) throw thrown(new AppError('unauthenticated', 'sign in first'));
    const denied = (reason: string) =>
      ctx.audit.append({
        actor: actorOf(ctx, viewer),
        action: path,
        objectType: 'procedure',
        objectId: path,
        result: 'denied',
        reason: reason.slice(0, 300),
      });
    const bound = viewer.role !== 'merchant' || viewer.merchantId !== undefined;
    if (!bound || !mayDo({ role: viewer.role as Role, approver: viewer.approver }, permission)) {
      await denied(`needs ${permission}`);
      throw thrown(new AppError('forbidden', `your role ${viewer.role} has no permission ${permission}`));
    }
    if (!anyInput) {
      const input = await getRawInput();
      try {
        checkInput(input);
      } catch (error) {
        throw thrown(toAppError(error));
      }
    }
    const result = await next({
      ctx: {
        ...ctx,
        viewer,
        actor: actorOf(ctx, viewer),
        onlyMerchant: viewer.role === 'merchant' ? viewer.merchantId : undefined,
      },
    });
    if (!result.ok) {
      const { cause } = result.error;
      if (cause instanceof AppError) {
        if (cause.code === 'forbidden' && type === 'mutation') await denied(cause.message);
        throw thrown(cause);
      }
      if (result.error.code === 'INTERNAL_SERVER_ERROR') {
        const known = toAppError(cause);
        if (known.code === 'internal')
          ctx.log.error({ err: cause, path, requestId: ctx.requestId }, 'a console procedure failed');
        throw thrown(known);
      }
    }
    return result;
  });

const actorOf = (ctx: Context, viewer: Viewer): Actor => ({
  id: viewer.email,
  role: viewer.role,
  ip: ctx.ip,
  userAgent: ctx.userAgent,
});
