import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasRedis, startTestRedis, type TestRedis } from '../../../../scripts/testing/redis.ts';
import { findSecrets, type Needle, needleOf } from './find-secrets.ts';
import { requestNoOf, type StartedEngine, startTestEngine } from './started-engine.ts';

type Json = Record<string, unknown>;
type Account = { id: string; channelId: string; config: Json; secrets: Record<string, string> };

const newKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('the search for secrets', () => {
  it('finds one that was planted, in every form', () => {
    const secret = `secret/+=& ${randomBytes(16).toString('base64')}`;
    const needles = [needleOf('planted', secret), needleOf('key', newKey())];
    const json = JSON.stringify({ before: 'x', secret });
    for (const text of [
      json,
      Buffer.from(json).toString('base64'),
      Buffer.from(`1${json}`).toString('base64'),
      Buffer.from(`22${json}`).toString('base64url'),
      Buffer.from(json).toString('hex'),
      Buffer.from(json).toString('hex').toUpperCase(),
      encodeURIComponent(secret),
      new URLSearchParams({ secret }).toString(),
    ])
      expect(findSecrets(text, needles).join()).toMatch(/^planted/);
    const pem = newKey();
    const keys = [needleOf('key', pem)];
    const body = pem.replace(/-----[^-]+-----|\s/g, '');
    for (const text of [
      pem,
      Buffer.from(JSON.stringify({ pem })).toString('base64'),
      encodeURIComponent(JSON.stringify({ pem })),
      JSON.stringify({ pem }),
      body,
      Buffer.from(body, 'base64').toString('hex'),
      pem.slice(300, 500),
    ])
      expect(findSecrets(text, keys).join()).toMatch(/^key/);
    expect(findSecrets(newKey() + json, keys)).toEqual([]);
  });
});

/** Every row of every table, of ours and of the queue's, as text. */
async function dumpDatabase(db: StartedEngine['db']): Promise<Map<string, string>> {
  const { rows } = await db.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`,
  );
  const tables = new Map<string, string>();
  for (const { name } of rows) {
    const dump = await db.query(`SELECT string_agg(t::text, E'\\n') AS text FROM ${name} t`);
    tables.set(name, dump.rows[0].text ?? '');
  }
  return tables;
}

/** Every key of Redis with its value as it is stored. */
async function dumpRedis(url: string): Promise<Buffer> {
  const redis = new Redis(url);
  const parts: Buffer[] = [];
  for await (const keys of redis.scanStream({ count: 1_000 }) as AsyncIterable<string[]>)
    for (const key of keys) {
      const type = await redis.type(key);
      const value =
        type === 'hash'
          ? await redis.hgetallBuffer(key)
          : type === 'list'
            ? await redis.lrangeBuffer(key, '0', '-1')
            : type === 'zset'
              ? await redis.zrangeBuffer(key, '0', '-1')
              : type === 'set'
                ? await redis.smembersBuffer(key)
                : type === 'stream'
                  ? await redis.xrangeBuffer(key, '-', '+')
                  : await redis.getBuffer(key);
      parts.push(Buffer.from(`${key}\n${JSON.stringify(textOf(value))}\n`));
    }
  redis.disconnect();
  return Buffer.concat(parts);
}
const textOf = (value: unknown): unknown =>
  Buffer.isBuffer(value)
    ? value.toString('latin1')
    : Array.isArray(value)
      ? value.map(textOf)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, textOf(one)]))
        : value;

describe.each(
  [{ profile: 'embedded' }, { profile: 'production' }].filter(({ profile }) => profile === 'embedded' || hasRedis),
)('no secret leaves a started engine ($profile)', ({ profile }) => {
  let engine: StartedEngine;
  let redis: TestRedis | undefined;
  let watcher: Socket | undefined;
  let stopWatching: () => void = () => undefined;
  const logged: string[] = [];
  const answers: string[] = [];
  const told: string[] = [];
  const needles: Needle[] = [];
  let accounts: Account[];
  const realFetch = globalThis.fetch;

  beforeAll(async () => {
    redis = profile === 'production' ? await startTestRedis() : undefined;
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, 'write').mockImplementation((text) => logged.push(String(text)) > 0);
    engine = await startTestEngine({
      log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
      ...(redis ? { redisUrl: redis.url } : {}),
    });
    if (redis) {
      // By hand: the client loses count of what a script does.
      watcher = connect(Number(new URL(redis.url).port), '127.0.0.1', () => watcher?.write('MONITOR\r\n'));
      watcher.on('data', (chunk) => told.push(chunk.toString('latin1')));
    }
    // What the engine says to anybody; what the sandbox says is its own.
    globalThis.fetch = async (input, init) => {
      const response = await realFetch(input, init);
      if (String(input).startsWith(engine.url))
        answers.push(`${JSON.stringify([...response.headers])}\n${await response.clone().text()}`);
      return response;
    };
    stopWatching = () => {
      globalThis.fetch = realFetch;
    };
    accounts = await accountsOfSandbox(engine);
    for (const { id, secrets } of accounts)
      for (const [field, secret] of Object.entries(secrets)) needles.push(needleOf(`${id} ${field}`, secret));
    for (const [name, secret] of Object.entries(engine.secrets)) needles.push(needleOf(name, secret));
  });
  afterAll(async () => {
    stopWatching();
    vi.restoreAllMocks();
    watcher?.destroy();
    await engine?.stop();
    await redis?.stop();
  });

  /** A new secret that is watched for from now on. */
  const canary = (name: string, secret: string): string => {
    needles.push(needleOf(name, secret));
    return secret;
  };

  it('whatever is done with its channel accounts', async () => {
    const admin = await engine.signIn({ role: 'admin' });
    const checker = await engine.signIn({ role: 'ops', approver: true });
    const ask = async (who: typeof admin, name: string, input: unknown) =>
      (await who.send('POST', `channelAccounts.${name}`, JSON.stringify(input))).status;

    for (const { id, channelId, config, secrets } of accounts) {
      await engine.addChannel(channelId, channelId);
      await engine.addService(`${channelId}-qr`, 'native', channelId, {
        syncSchedule: {
          firstSeconds: 1,
          steps: [{ everySeconds: 1, times: 20 }],
          backoff: { baseSeconds: 60, maxSeconds: 60 },
        },
      });
      await vi.waitFor(
        async () =>
          expect(
            await ask(admin, 'create', {
              channelId,
              accountId: id,
              label: id,
              baseUrl: engine.sandboxUrl,
              config,
              secrets,
            }),
          ).toBe(200),
        3_000,
      );
      expect(await ask(checker, 'probe', { accountId: id, version: 1 })).toBe(200);
      expect(await ask(checker, 'switchTo', { accountId: id, version: 1 })).toBe(200);

      // What is refused was read all the same.
      const bad = { channelId, accountId: `${id}-bad`, label: 'x', baseUrl: engine.sandboxUrl, config };
      const text = () => canary(`${id} bad input`, `canary-${randomBytes(24).toString('base64')}`);
      for (const wrong of [
        { ...bad, secrets: { ...secrets, privateKeyPem: text() } },
        { ...bad, secrets: { ...secrets, unknown: text() } },
        { ...bad, secrets: [text()] },
        { ...bad, secrets: text() },
        { ...bad, accountId: 'NO!', secrets },
        { ...bad, secrets: { ...secrets, privateKeyPem: text().repeat(1_000) } },
        { ...bad, extra: text(), secrets },
      ])
        expect(await ask(admin, 'create', wrong)).toBe(400);
      await admin.send('POST', 'channelAccounts.create', `{"secrets": {"privateKeyPem": "${text()}"`);
      expect(
        await ask(checker, 'stage', { accountId: id, baseVersion: 1, baseUrl: engine.sandboxUrl, config, secrets }),
      ).toBe(403);

      // Wrong keys: probed, refused, discarded; and right ones once more, so that versions overlap.
      const wrongKey = { privateKeyPem: canary(`${id} wrong key`, newKey()) };
      const staged = { accountId: id, baseVersion: 1, baseUrl: engine.sandboxUrl, config };
      expect(await ask(admin, 'stage', { ...staged, secrets: wrongKey })).toBe(200);
      expect(await ask(checker, 'probe', { accountId: id, version: 2 })).toBe(200);
      expect(await ask(checker, 'switchTo', { accountId: id, version: 2 })).toBe(409);
      expect(await ask(admin, 'stage', { ...staged, baseUrl: 'http://127.0.0.1:1', secrets })).toBe(200);
      expect(await ask(checker, 'switchTo', { accountId: id, version: 3 })).toBe(409);
      expect(await ask(admin, 'stage', { ...staged, secrets })).toBe(200);
      expect(await ask(checker, 'switchTo', { accountId: id, version: 4 })).toBe(200);
      expect(await ask(checker, 'goBack', { accountId: id, version: 1 })).toBe(200);
      expect(await ask(admin, 'endOverlap', { accountId: id, version: 4 })).toBe(200);
      expect(await ask(checker, 'invalidate', { accountId: id })).toBe(200);
    }
  });

  it('whatever becomes of payments, refunds and callbacks', async () => {
    for (const { id, channelId } of accounts) {
      const service = `${channelId}-qr`;
      const placed = await vi.waitFor(async () => {
        const { body } = await engine.place(service);
        expect(body.status).toBe('processing');
        return body;
      }, 5_000);
      await engine.control('POST', `/pay/${requestNoOf(placed.id)}`, {});
      await vi.waitFor(async () => expect((await engine.find(placed.id)).status).toBe('succeeded'), 15_000);
      expect((await engine.refund(placed.id, 100)).status).toBe(201);

      for (const faults of [{ outage: true }, { lostReplyRate: 1 }, {}])
        await engine
          .control('POST', `/channels/${channelId}/faults`, faults)
          .then(() => engine.place(service))
          .catch(() => undefined);
      await engine.control('POST', `/channels/${channelId}/faults`, {}).catch(() => undefined);
      for (const body of ['', '{', 'sign=x&sign_type=RSA2&charset=utf-8', JSON.stringify({ id: 'x', resource: {} })])
        await fetch(`${engine.url}/callbacks/${channelId}/${id}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'wechatpay-serial': 'x', 'wechatpay-signature': 'y' },
          body,
        });
      // A key ring that no longer opens what is stored, and a row that somebody spoilt.
      for (const secrets of ["overlay(secrets placing 'AAAA' from length(secrets) - 30)", "'no secret at all'"]) {
        await engine.db.query(`UPDATE channel_accounts SET secrets = ${secrets} WHERE id = $1`, [id]);
        await vi.waitFor(async () => expect((await engine.place(service)).body.status).not.toBe('processing'), 5_000);
        await fetch(`${engine.url}/callbacks/${channelId}/${id}`, { method: 'POST', body: '{}' });
      }
    }
    const auditor = await engine.signIn({ role: 'auditor' });
    for (const [name, input] of [
      ['channelAccounts.list', {}],
      ['channels.list', undefined],
      ['nodes.list', undefined],
      ['audit.list', { limit: 100 }],
      ['orders.list', { limit: 50 }],
    ] as const)
      expect((await auditor.send('GET', name, JSON.stringify(input ?? null))).status, name).toBeLessThan(500);
    await engine.metrics();
  });

  it('in logs, database, queue, bus, metrics or answers', async () => {
    // Heartbeats carry what nodes hold.
    await new Promise((done) => setTimeout(done, 2_500));
    const tables = await dumpDatabase(engine.db);
    expect(tables.get('public.channel_account_versions')).toContain('"fingerprint"');
    expect(tables.get('public.audit_log')).toContain('channelAccounts.switchTo');
    expect([...tables.values()].join()).toContain('accountVersion');
    const places: [string, Buffer | string][] = [
      ['log', logged.join('\n')],
      ['answers', answers.join('\n')],
      ['metrics', await engine.metrics()],
      ...[...tables].map(([name, dump]): [string, string] => [`table ${name}`, dump]),
    ];
    if (redis) places.push(['Redis', await dumpRedis(redis.url)], ['bus and queue', told.join('\n')]);
    for (const [name, text] of places.slice(0, 2)) expect(text.length, name).toBeGreaterThan(5_000);
    if (redis) expect(told.length).toBeGreaterThan(20);
    const found = places.flatMap(([name, text]) => findSecrets(text, needles).map((what) => `${name}: ${what}`));
    expect(found).toEqual([]);
    expect(needles.length).toBeGreaterThan(25);
  });
});

async function accountsOfSandbox(engine: StartedEngine): Promise<Account[]> {
  const keysOf = async (id: string) =>
    JSON.parse(await readFile(path.join(engine.sandboxDir, `${id}.keys.json`), 'utf8'));
  const shown = (await engine.control('GET', '/credentials')) as Record<string, Record<string, string>>;
  const [wechat, unionpay] = [await keysOf('wechat-pay'), await keysOf('unionpay')];
  const alipay = shown.alipay ?? {};
  return [
    {
      id: 'wx',
      channelId: 'wechat-pay',
      config: {
        mchId: wechat.mchid,
        appId: wechat.appid,
        certificateSerial: wechat.merchantSerial,
        verification: {
          mode: 'public_key',
          keyId: wechat.publicKeyId,
          publicKeyPem: shown.wechatPay?.platformPublicKeyPem,
        },
      },
      secrets: { privateKeyPem: wechat.merchantPrivateKeyPem, apiV3Key: wechat.apiV3Key },
    },
    {
      id: 'ali',
      channelId: 'alipay',
      config: {
        appId: alipay.appId,
        sellerId: alipay.sellerId,
        verification: { mode: 'public_key', publicKeyPem: alipay.alipayPublicKeyPem },
      },
      secrets: { privateKeyPem: alipay.appPrivateKeyPem ?? '' },
    },
    {
      id: 'up',
      channelId: 'unionpay',
      config: {
        merId: unionpay.merId,
        certificatePem: unionpay.merchant.certificatePem,
        rootCertificatePem: unionpay.rootCertificatePem,
        middleCertificatePem: unionpay.middle.certificatePem,
        signerName: shown.unionpay?.signerName,
      },
      secrets: { privateKeyPem: unionpay.merchant.privateKeyPem },
    },
  ];
}
