import { betterAuth } from 'better-auth';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Audit } from '../config/audit.store.ts';
import { AppError } from '../platform/app-error.ts';
import type { Pool } from '../platform/db.ts';
import { checkInput } from './check-input.ts';

const idleSeconds = 30 * 60;
const absoluteMs = 12 * 3_600_000;

/** Somebody signed in to the console. */
export type Viewer = {
  id: string;
  email: string;
  name: string;
  role: string;
  approver: boolean;
  merchantId: string | undefined;
  locale: string | undefined;
};

export type Auth = ReturnType<typeof createAuth>;

/**
 * Console sign-in by better-auth: e-mail and password, sessions in Postgres, cookies that scripts can not read and other
 * sites can not send. Nobody signs up by himself. Sessions end after 30 idle minutes and after 12 hours anyway.
 */
export function createAuth({ pool, secret, consoleUrl }: { pool: Pool; secret: string; consoleUrl: string }) {
  const secure = consoleUrl.startsWith('https://');
  const auth = betterAuth({
    appName: 'Tributary',
    database: pool,
    secret,
    baseURL: consoleUrl,
    basePath: '/api/auth',
    trustedOrigins: [consoleUrl],
    telemetry: { enabled: false },
    logger: { level: 'error' },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12 },
    user: {
      modelName: 'console_users',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
      additionalFields: {
        role: { type: 'string', input: false },
        approver: { type: 'boolean', input: false },
        merchantId: { type: 'string', fieldName: 'merchant_id', input: false, required: false },
        disabled: { type: 'boolean', input: false },
        locale: { type: 'string', required: false },
      },
    },
    session: {
      modelName: 'console_sessions',
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      expiresIn: idleSeconds,
      updateAge: 60,
    },
    account: {
      modelName: 'console_accounts',
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'user_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'console_verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    advanced: {
      cookiePrefix: 'tributary',
      useSecureCookies: secure,
      defaultCookieAttributes: { sameSite: 'strict', httpOnly: true, secure },
      ipAddress: { ipAddressHeaders: ['x-forwarded-for'] },
    },
    rateLimit: { enabled: true, window: 60, max: 300, customRules: { '/sign-in/email': { window: 60, max: 20 } } },
  });

  /** Who the session cookie belongs to; undefined when there is none, it has ended, or the user was switched off. */
  async function viewerOf(headers: Headers): Promise<Viewer | undefined> {
    const found = await auth.api.getSession({ headers });
    if (!found || Date.now() - found.session.createdAt.getTime() > absoluteMs) return undefined;
    const { user } = found;
    if (user.disabled) return undefined;
    return {
      id: user.id,
      email: user.email,
      name: user.name,
      role: user.role,
      approver: user.approver,
      merchantId: user.merchantId ?? undefined,
      locale: user.locale ?? undefined,
    };
  }

  return { handler: auth.handler, viewerOf };
}

/** Wrong passwords for one account, from wherever they come, before it is left alone for a while. */
const maxFailures = 10;
const failureMinutes = 15;

/**
 * Mounts sign-in, sign-out and session at `/api/auth`. Every sign-in is written down, whether it succeeds or not, and an
 * account that somebody guesses at is closed to guessing: what an address claims to be does not count for that.
 */
export function registerAuth(app: FastifyInstance, auth: Auth, { pool, audit }: { pool: Pool; audit: Audit }): void {
  async function failuresOf(email: string): Promise<number> {
    const { rows } = await pool.query(
      `SELECT count(*)::int AS failures FROM audit_log WHERE object_type = 'sign_in' AND object_id = $1 AND result = 'failed'
         AND at > greatest(now() - make_interval(mins => $2), coalesce((SELECT max(at) FROM audit_log
           WHERE object_type = 'sign_in' AND object_id = $1 AND result = 'ok'), '-infinity'))`,
      [email, failureMinutes],
    );
    return rows[0].failures;
  }

  const writeDown = (request: FastifyRequest, email: string, result: 'ok' | 'failed' | 'denied', reason?: string) =>
    audit.append({
      actor: { id: email, role: 'none', ip: clientIpOf(request), userAgent: request.headers['user-agent'] },
      action: 'signIn',
      objectType: 'sign_in',
      objectId: email,
      result,
      ...(reason === undefined ? {} : { reason }),
    });

  app.route({
    method: ['GET', 'POST'],
    url: '/api/auth/*',
    handler: async (request, reply) => {
      const email = emailOf(request);
      if (email !== undefined && (await failuresOf(email)) >= maxFailures) {
        await writeDown(request, email, 'denied', 'too many wrong passwords');
        throw new AppError('rate_limited', 'too many wrong passwords for this account', { retryAfterSeconds: 60 });
      }
      const response = await auth.handler(toWebRequest(request));
      if (email !== undefined && (response.ok || response.status === 401))
        await writeDown(request, email, response.ok ? 'ok' : 'failed');
      reply.code(response.status);
      for (const [name, value] of response.headers) if (name !== 'set-cookie') reply.header(name, value);
      const cookies = response.headers.getSetCookie();
      if (cookies.length > 0) reply.header('set-cookie', cookies);
      return reply.send(response.body ? Buffer.from(await response.arrayBuffer()) : null);
    },
  });
}

/**
 * The address that somebody wants to sign in with; undefined for every other request.
 * @throws AppError invalid_request for a text that could not be looked up
 */
function emailOf(request: FastifyRequest): string | undefined {
  if (request.method !== 'POST' || !request.url.startsWith('/api/auth/sign-in/email')) return undefined;
  let body: { email?: unknown } | null;
  try {
    body = JSON.parse(Buffer.isBuffer(request.body) ? request.body.toString() : '{}');
  } catch {
    return '';
  }
  checkInput(body);
  const email = body?.email;
  // Cut between characters: half of one can't be looked up.
  return typeof email === 'string' ? [...email.trim().toLowerCase()].slice(0, 200).join('') : '';
}

/**
 * Where a console request comes from. Behind trusted proxies their word counts; else only a proxy on this machine, which
 * the console is, may speak for somebody, and of its list the last entry is the one it added itself.
 */
export function clientIpOf(request: FastifyRequest): string {
  const forwarded = request.headers['x-forwarded-for'];
  const isLocal = ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.ip);
  if (!isLocal || forwarded === undefined) return request.ip;
  return String(forwarded).split(',').at(-1)?.trim() || request.ip;
}

/** The request as the Fetch API has it, for libraries that speak only that. */
export function toWebRequest(request: FastifyRequest): Request {
  const headers = headersOf(request);
  headers.set('x-forwarded-for', clientIpOf(request));
  const body = Buffer.isBuffer(request.body) && request.body.length > 0 ? new Uint8Array(request.body) : null;
  return new Request(`http://${request.headers.host ?? 'localhost'}${request.url}`, {
    method: request.method,
    headers,
    ...(body ? { body } : {}),
  });
}

export function headersOf(request: FastifyRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}
