import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSimulator } from '@tributary/channels/testing/simulator/start-simulator';
import { mainDocument } from '@tributary/contracts/config-kind';
import type { Payment, Problem, Refund } from '@tributary/contracts/payment';
import pg from 'pg';
import { createTestDatabase } from '../../../../scripts/testing/test-database.ts';
import { generateApiKey, hashApiKey } from '../access/api-key.ts';
import { scopes } from '../access/authenticate.ts';
import { hashConsolePassword } from '../access/password.ts';
import { buildEngine } from '../build-engine.ts';
import { contentHashOf } from '../config/content-hash.ts';
import { readEnv } from '../env.ts';
import { newId } from '../platform/ids.ts';
import { createLog, type Log } from '../platform/log.ts';
import { accountSecretsAad } from '../platform/secret-places.ts';
import { createSecrets, parseKeyRing } from '../platform/secrets.ts';

export type StartedEngine = Awaited<ReturnType<typeof startTestEngine>>;

/** An account of a channel as an operator enters it. */
export type TestAccount = { id: string; channelId: string; baseUrl: string; config: unknown; secrets: unknown };

/**
 * The whole engine in this process, listening on a port of its own, on a database of its own, with a real sandbox beside
 * it and one merchant. It knows no channel and no service: tests add them as rows, as an operator would.
 */
export async function startTestEngine({ log: ownLog, redisUrl }: { log?: Log; redisUrl?: string } = {}) {
  const database = await createTestDatabase();
  const sandboxDir = await mkdtemp(path.join(tmpdir(), 'tributary-sandbox-'));
  const sandbox = await startSimulator({ port: 0, dir: sandboxDir });
  const kek = `test:${randomBytes(32).toString('base64')}`;
  const pepper = randomBytes(32);
  const env = readEnv({
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    // Known before it listens: callbacks are sent there.
    ENGINE_PORT: String(await freePort()),
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    TRIBUTARY_KEK: kek,
    TRIBUTARY_PEPPER: pepper.toString('base64'),
    TRIBUTARY_AUTH_SECRET: randomBytes(32).toString('hex'),
    TRIBUTARY_ALLOW_LOOPBACK_WEBHOOKS: '1',
  });
  const db = new pg.Client({ connectionString: database.url });
  await db.connect();

  const publish = async (kind: string, objectId: string, document: object) => {
    await db.query(`SELECT tributary_publish($1, $2, $3, 'test', 'test', $4)`, [
      kind,
      objectId,
      JSON.stringify(document),
      contentHashOf(document),
    ]);
  };
  await publish('risk', mainDocument, { rules: [] });
  await publish('routing', mainDocument, { rules: [] });

  const key = generateApiKey();
  const merchantId = 'mch_test';
  await db.query('INSERT INTO merchants (id, name, rate_per_second, reads_per_second) VALUES ($1, $1, 10000, 60000)', [
    merchantId,
  ]);
  await db.query(
    `INSERT INTO merchant_api_keys (id, merchant_id, name, kind, prefix, last4, secret_hash, scopes, created_by)
     VALUES ($1, $2, 'test', 'bearer', $3, $4, $5, $6, 'test')`,
    [key.keyId, merchantId, key.text.slice(0, 12), key.text.slice(-4), hashApiKey(key.secret, pepper), scopes],
  );

  const log = ownLog ?? createLog({ level: env.LOG_LEVEL, node: env.node, role: env.ROLE });
  const engine = await buildEngine({ env, log });
  const url = await engine.start();

  const call = async <Body>(method: string, where: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + where, {
      method,
      headers: {
        authorization: `Bearer ${key.text}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text ? JSON.parse(text) : {}) as Body & Partial<Omit<Problem, 'status'>> };
  };

  return {
    url,
    db,
    /** Another session of the database, for what holds locks. */
    async connect() {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      return client;
    },
    /** What must never be seen outside of this process. */
    secrets: {
      kek: env.TRIBUTARY_KEK,
      pepper: env.TRIBUTARY_PEPPER,
      auth: env.TRIBUTARY_AUTH_SECRET,
      apiKey: key.secret,
    },
    sandboxUrl: sandbox.url,
    sandboxDir,
    metrics: async (): Promise<string> => (await fetch(`${url}/metrics`)).text(),
    /** The sandbox's control API. */
    async control(method: string, where: string, body?: unknown): Promise<Record<string, unknown>> {
      const response = await fetch(`${sandbox.url}/control${where}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const json = (await response.json()) as Record<string, unknown>;
      if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${JSON.stringify(json)}`);
      return json;
    },
    /** Puts a document in force, as an installation's first ones are. */
    publish,
    /** Somebody new at the console's procedures, over HTTP. */
    async signIn({ role, approver = false }: { role: string; approver?: boolean }) {
      const [id, password] = [newId('usr'), randomBytes(12).toString('base64url')];
      const email = `${id.toLowerCase()}@test.example`;
      await db.query(
        'INSERT INTO console_users (id, name, email, email_verified, role, approver) VALUES ($1, $2, $2, true, $3, $4)',
        [id, email, role, approver],
      );
      await db.query(
        `INSERT INTO console_accounts (id, account_id, provider_id, user_id, password) VALUES ($1, $2, 'credential', $2, $3)`,
        [newId('acc'), id, await hashConsolePassword(password)],
      );
      const json = { 'content-type': 'application/json', origin: env.CONSOLE_URL };
      const answer = await fetch(`${url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ email, password }),
      });
      if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
      const cookie = answer.headers.getSetCookie().map((one) => one.split(';')[0]);
      const headers = { ...json, cookie: cookie.join('; ') };
      return {
        email,
        /** Asks a procedure with an input that is JSON already, right or wrong. */
        async send(method: 'GET' | 'POST', name: string, input: string) {
          const started = performance.now();
          const where = method === 'GET' ? `?input=${encodeURIComponent(input)}` : '';
          const response = await fetch(`${url}/trpc/${name}${where}`, {
            method,
            headers,
            ...(method === 'GET' ? {} : { body: input }),
          });
          const text = await response.text();
          const ms = performance.now() - started;
          return { status: response.status, ms, body: (text ? JSON.parse(text) : {}) as Record<string, unknown> };
        },
      };
    },
    /** A channel that an adapter speaks for. */
    addChannel: (id: string, adapter: string, own: object = {}) =>
      publish('channel', id, { id, name: id, adapter, priority: 10, feeBps: 60, params: {}, ...own }),
    async addAccount({ id, channelId, baseUrl, config, secrets }: TestAccount) {
      const sealed = createSecrets(parseKeyRing(kek)).encrypt(JSON.stringify(secrets), accountSecretsAad(id));
      await db.query(
        `INSERT INTO channel_accounts (id, channel_id, label, base_url, config, secrets) VALUES ($1, $2, $1, $3, $4, $5)`,
        [id, channelId, baseUrl, JSON.stringify(config), sealed],
      );
    },
    /** A service on one channel; its payments are looked up late unless said otherwise. */
    addService: (id: string, product: string, channelId: string, own: object = {}) =>
      publish('service', id, {
        id,
        name: id,
        enabled: true,
        product,
        channelIds: [channelId],
        steps: ['risk', 'routing', 'gateway', 'sync'],
        currencies: ['CNY'],
        minAmount: 1,
        maxAmount: 10_000_000,
        expiresInSeconds: 900,
        placeTimeoutMs: 6_000,
        syncSchedule: { firstSeconds: 3_600, steps: [], backoff: { baseSeconds: 3_600, maxSeconds: 3_600 } },
        ...own,
      }),
    place: (serviceId: string, own: object = {}) =>
      call<Payment>(
        'POST',
        '/v1/payments',
        {
          merchantOrderNo: `T-${randomUUID()}`,
          serviceId,
          amount: 1299,
          currency: 'CNY',
          subject: 'Flat white',
          ...own,
        },
        { 'idempotency-key': randomUUID() },
      ),
    find: async (id: string) => (await call<Payment>('GET', `/v1/payments/${id}`)).body,
    close: async (id: string) => (await call<Payment>('POST', `/v1/payments/${id}/close`)).body,
    refund: (id: string, amount: number) =>
      call<Refund>(
        'POST',
        `/v1/payments/${id}/refunds`,
        { merchantRefundNo: `R-${randomUUID()}`, amount },
        { 'idempotency-key': randomUUID() },
      ),
    findRefund: async (id: string) => (await call<Refund>('GET', `/v1/refunds/${id}`)).body,
    async stop() {
      await engine.stop();
      await db.end();
      await sandbox.close();
      await database.drop();
      await rm(sandboxDir, { recursive: true, force: true });
    },
  };
}

/** Our number of a payment's first attempt at the channel. */
export const requestNoOf = (paymentId: string): string => `${paymentId.slice(4)}01`;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
