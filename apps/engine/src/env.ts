import { hostname } from 'node:os';
import * as z from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

/** Addresses and networks, separated by commas. */
const ranges = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  )
  .pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])));

/** Everything the engine reads from its environment: wiring only. What people tune lives in the database. */
const envSchema = z.object({
  DATABASE_URL: z.string().min(1),
  /** A replica of that database for what merchants read; used whenever it is not behind. */
  QUERY_DATABASE_URL: z.string().min(1).optional(),
  /** Memory for payments that were read, in MB. */
  QUERY_CACHE_MB: z.coerce.number().int().min(1).max(4_096).default(64),
  REDIS_URL: z.string().optional(),
  /** Unleash as a second store of rule sets and switches: its API and a client token of one environment. */
  UNLEASH_URL: z.url().optional(),
  UNLEASH_TOKEN: z.string().min(1).optional(),
  ENGINE_PORT: port.default(4000),
  ENGINE_HOST: z.string().default('127.0.0.1'),
  /** Where channels and merchants reach this engine from outside; callbacks are sent there. */
  PUBLIC_URL: z.url().optional(),
  /** Load balancers whose `X-Forwarded-For` is believed; without, whoever connects is the caller. */
  TRUSTED_PROXIES: ranges.optional(),
  /** Who may read `/metrics`; this machine only by default. */
  METRICS_FROM: ranges.optional(),
  CONSOLE_URL: z.url().default('http://127.0.0.1:3000'),
  ROLE: z.enum(['all', 'api', 'worker', 'query']).default('all'),
  /** How long a worker that says nothing keeps its shards, in ms. All workers of a system need the same. */
  SHARD_LEASE_MS: z.coerce.number().int().min(600).max(300_000).default(9_000),
  /** How long a node that was told to stop still takes requests while `/readyz` says no, in ms. */
  DRAIN_MS: z.coerce.number().int().min(0).max(60_000).default(0),
  NODE_NAME: z.string().max(64).optional(),
  NODE_ENV: z.string().default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  TRIBUTARY_KEK: z.string(),
  TRIBUTARY_PEPPER: z
    .string()
    .refine((text) => Buffer.from(text, 'base64').length >= 32, { error: 'must be base64 of at least 32 bytes' }),
  TRIBUTARY_AUTH_SECRET: z.string().min(32),
  TRIBUTARY_ALLOW_LOOPBACK_WEBHOOKS: z.literal('1').optional(),
  TRIBUTARY_PARENT_PIPE: z.literal('1').optional(),
  /** What to start with when the published rules are not good: the last good ones, or not at all. */
  CONFIG_ON_BAD_START: z.enum(['last_good', 'refuse']).default('last_good'),
  /** Test failpoints, e.g. `place.after_first_commit=kill`. Refused in production. */
  TRIBUTARY_FAILPOINTS: z.string().optional(),
});

export type Env = z.infer<typeof envSchema> & { node: string };

/** @throws Error that names every variable that is missing or wrong, never its value */
export function readEnv(source: Record<string, string | undefined>): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = envSchema.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`the environment is not complete:\n  ${wrong.join('\n  ')}`);
  }
  const env = parsed.data;
  if ((env.UNLEASH_URL === undefined) !== (env.UNLEASH_TOKEN === undefined))
    throw new Error('UNLEASH_URL and UNLEASH_TOKEN go together');
  if (env.NODE_ENV === 'production') {
    const forbidden = ['TRIBUTARY_FAILPOINTS', 'TRIBUTARY_ALLOW_LOOPBACK_WEBHOOKS'].filter((name) => name in given);
    if (forbidden.length > 0) throw new Error(`${forbidden.join(', ')} must not be set in production`);
  }
  return { ...env, node: env.NODE_NAME ?? `${hostname()}-${env.ROLE}-${process.pid}` };
}
