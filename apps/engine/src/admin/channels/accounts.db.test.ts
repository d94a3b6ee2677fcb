import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { genuineCallback } from '@tributary/channels/wechat-pay/fixtures/forged-callbacks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { requestNoOf, type StartedEngine, startTestEngine } from '../../testing/started-engine.ts';

type Json = Record<string, unknown>;
type Person = Awaited<ReturnType<StartedEngine['signIn']>>;
type Version = { version: number; state: string; probe: { verdict: string } | null; keys: { marks: Json } | null };
type Account = { id: string; version: number; state: string; versions: Version[]; nodes: Json[]; expiries: Json[] };

let engine: StartedEngine;
let admin: Person;
let checker: Person;
let adminWhoApproves: Person;
let wechat: Record<string, string>;
let config: Json;
let secrets: Record<string, string>;

async function call<Data = Json>(person: Person, name: string, input: unknown) {
  const isQuery = name === 'list' || name === 'schema';
  const { status, body } = await person.send(
    isQuery ? 'GET' : 'POST',
    `channelAccounts.${name}`,
    JSON.stringify(input),
  );
  const { result, error } = body as { result?: { data: Data }; error?: { data: { error: string; errors?: Json[] } } };
  return { status, data: result?.data as Data, code: error?.data.error, errors: error?.data.errors };
}
const accountOf = async (id: string, person = admin) => {
  const { data } = await call<{ accounts: Account[] }>(person, 'list', {});
  return data.accounts.find((one) => one.id === id) as Account;
};
const stageOn = async (id: string, own: Json = {}, by = admin) => {
  const baseVersion = (await accountOf(id)).version;
  return call<{ version: number }>(by, 'stage', {
    accountId: id,
    baseVersion,
    baseUrl: engine.sandboxUrl,
    config,
    ...own,
  });
};
const probe = async (accountId: string, version: number) =>
  (await call<{ verdict: string; code: string | null }>(checker, 'probe', { accountId, version })).data.verdict;
const switchTo = (accountId: string, version: number, own: Json = {}, by = checker) =>
  call(by, 'switchTo', { accountId, version, ...own });
const lastAudit = async () => (await engine.db.query('SELECT * FROM audit_log ORDER BY id DESC LIMIT 1')).rows[0];
const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherPem = otherKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

beforeAll(async () => {
  engine = await startTestEngine();
  await engine.addChannel('wechat-pay', 'wechat-pay');
  await engine.addService('qr', 'native', 'wechat-pay');
  wechat = JSON.parse(await readFile(path.join(engine.sandboxDir, 'wechat-pay.keys.json'), 'utf8'));
  const shown = (await engine.control('GET', '/credentials')).wechatPay as Record<string, string>;
  config = {
    mchId: wechat.mchid,
    appId: wechat.appid,
    certificateSerial: wechat.merchantSerial,
    verification: { mode: 'public_key', keyId: wechat.publicKeyId, publicKeyPem: shown.platformPublicKeyPem },
  };
  secrets = { privateKeyPem: wechat.merchantPrivateKeyPem as string, apiV3Key: wechat.apiV3Key as string };
  admin = await engine.signIn({ role: 'admin' });
  checker = await engine.signIn({ role: 'ops', approver: true });
  adminWhoApproves = await engine.signIn({ role: 'admin', approver: true });
});
afterAll(() => engine?.stop());

describe('a channel account', () => {
  const id = 'wx-one';

  it('is written by one person, tried at the channel, and put in force by another', async () => {
    const created = await call(adminWhoApproves, 'create', {
      channelId: 'wechat-pay',
      accountId: id,
      label: '主账户',
      baseUrl: `${engine.sandboxUrl}/`,
      config,
      secrets,
      expiresOn: '2099-12-31',
    });
    expect(created).toMatchObject({ status: 200, data: { version: 1 } });
    expect(await accountOf(id)).toMatchObject({ version: 0, state: 'new' });
    // Nothing of it is in force: nobody is sent there.
    expect((await engine.place('qr')).body.failure?.code).toBe('no_route');

    const probed = await call<{ verdict: string; exchanges: Json[] }>(checker, 'probe', { accountId: id, version: 1 });
    expect(probed.data.verdict).toBe('ok');
    expect(JSON.stringify(probed.data.exchanges)).toContain('ORDER_NOT_EXIST');

    expect((await switchTo(id, 1, {}, admin)).status).toBe(403);
    expect(await switchTo(id, 1, {}, adminWhoApproves)).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await switchTo(id, 1)).toMatchObject({ status: 200, data: { version: 1 } });
    const { body } = await vi.waitFor(async () => {
      const placed = await engine.place('qr');
      expect(placed.body.status).toBe('processing');
      return placed;
    }, 2_000);

    // The payment tells which version it was sent with, and the node which one it holds.
    const { rows } = await engine.db.query(
      `SELECT data -> 'exchange' -> 'accountVersion' AS version FROM events WHERE payment_id = $1 AND data ? 'exchange'`,
      [body.id],
    );
    expect(rows).toEqual([{ version: 1 }]);
    await vi.waitFor(async () => expect((await accountOf(id)).nodes).toMatchObject([{ version: 1 }]), 4_000);
    expect((await accountOf(id)).expiries).toMatchObject([{ item: 'entered', source: 'entered', warning: null }]);
  });

  it('names every wrong field and nothing that was in it', async () => {
    const bad = { ...secrets, apiV3Key: 'CANARY-too-short', extra: 'CANARY-2' };
    const answer = await call(admin, 'create', {
      channelId: 'wechat-pay',
      accountId: 'wx-bad',
      label: 'x',
      baseUrl: engine.sandboxUrl,
      config: { ...config, mchId: 'CANARY-3' },
      secrets: bad,
    });
    expect(answer).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(JSON.stringify(answer)).not.toContain('CANARY');
    expect(answer.errors).toEqual([{ path: 'config.mchId', message: 'is not a merchant id' }]);
    const withoutMerchant = await stageOn(id, { secrets: bad });
    expect(withoutMerchant.errors?.map(({ path: one }) => one)).toEqual(['secrets.apiV3Key', 'secrets.extra']);
    for (const [own, field] of [
      [{ baseUrl: 'ftp://x' }, 'baseUrl'],
      [{ baseUrl: 'https://user:word@x.example' }, 'baseUrl'],
      [{ config: [] }, 'config'],
      [{ secrets: { apiV3Key: 7 } }, 'secrets.apiV3Key'],
      [{ expiresOn: 'soon' }, 'expiresOn'],
      [{ config: { ...config, mchId: '1900000001' } }, 'config.mchId'],
    ] as const) {
      const refused = await stageOn(id, own);
      expect([refused.status, refused.errors?.[0]?.path]).toEqual([400, field]);
    }
    expect((await accountOf(id)).versions).toHaveLength(1);
  });

  it.each([
    ['our_key_refused', 'a wrong private key', () => ({ secrets: { privateKeyPem: otherPem } })],
    [
      'our_key_refused',
      'a wrong certificate number',
      () => ({ config: { ...config, certificateSerial: 'ABCDEF0123' } }),
    ],
    [
      'channel_key_wrong',
      'a wrong key of the channel',
      () => ({
        config: {
          ...config,
          verification: {
            ...(config.verification as Json),
            publicKeyPem: otherKey.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
          },
        },
      }),
    ],
    [
      'trust_unreadable',
      'a wrong APIv3 key where certificates are fetched',
      () => ({
        config: { ...config, verification: { mode: 'certificate' } },
        secrets: { apiV3Key: 'another-api-v3-key-of-32-bytes-x' },
      }),
    ],
    ['unreachable', 'an address where nobody listens', () => ({ baseUrl: 'http://127.0.0.1:1' })],
  ] as const)('says %s of %s, and is not switched to', async (verdict, _, own) => {
    const { version } = (await stageOn(id, own())).data;
    expect(await probe(id, version)).toBe(verdict);
    const before = await accountOf(id);
    expect(await switchTo(id, version)).toMatchObject({ status: 409, code: 'probe_failed' });
    expect(await lastAudit()).toMatchObject({ action: 'channelAccounts.switchTo', result: 'failed' });
    const after = await accountOf(id);
    expect(after.version).toBe(before.version);
    expect(after.versions[0]).toMatchObject({ version, state: 'staged', probe: { verdict } });
  });

  it('is switched to without a probe only by those who answer for emergencies, with a reason', async () => {
    const { version } = (await stageOn(id, { baseUrl: 'http://127.0.0.1:1' })).data;
    expect((await switchTo(id, version, { withoutProbe: 'the channel is away' })).status).toBe(403);
    expect((await call(checker, 'discard', { accountId: id, version })).status).toBe(200);
    expect(await switchTo(id, version)).toMatchObject({ status: 409, code: 'conflict' });
  });

  it('rotates: what is signed for the older keys is read until their overlap is over, then no more', async () => {
    // The account as it was before the channel's key changed: it knows another key of the channel.
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const older = {
      ...config,
      verification: {
        mode: 'public_key',
        keyId: 'PUB_KEY_ID_OLD',
        publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      },
    };
    const first = (await stageOn(id, { config: older })).data.version;
    const away = await switchTo(id, first, { withoutProbe: 'a drill', overlapHours: 0 }, adminWhoApproves);
    expect(away.status).toBe(200);
    const { body: placed } = await engine.place('qr', { amount: 1234 });
    const order = { requestNo: requestNoOf(placed.id), amount: 1234 };
    const callback = (serial: string, key: typeof privateKey, amount = 1234) =>
      genuineCallback(
        {
          mchId: wechat.mchid as string,
          appId: wechat.appid as string,
          apiV3Key: wechat.apiV3Key as string,
          signer: { serial, privateKey: key },
          merchant: { serial: 'X', privateKey: key },
        },
        { ...order, amount },
        new Date(),
      );
    const post = async ({ headers, body }: { headers: Record<string, string>; body: Buffer }) =>
      (await fetch(`${engine.url}/callbacks/wechat-pay/${id}`, { method: 'POST', headers, body: new Uint8Array(body) }))
        .status;

    const second = (await stageOn(id, { secrets })).data.version;
    expect(await switchTo(id, second)).toMatchObject({ status: 200 });
    expect((await accountOf(id)).versions.filter(({ state }) => state === 'overlap')).toMatchObject([
      { version: first },
    ]);
    const newKey = createPrivateKey(wechat.publicKeyPrivatePem as string);
    await vi.waitFor(async () => expect(await post(callback(wechat.publicKeyId as string, newKey))).toBe(204), 2_000);
    expect(await post(callback('PUB_KEY_ID_OLD', privateKey))).toBe(204);
    expect((await engine.find(placed.id)).status).toBe('succeeded');
    expect(await engine.metrics()).toMatch(
      /tributary_account_older_version_total\{channel="wechat-pay",account="wx-one",what="callback"\} 1/,
    );
    await vi.waitFor(
      async () => expect((await accountOf(id)).nodes).toMatchObject([{ olderUsed: [{ version: first, count: 1 }] }]),
      4_000,
    );

    expect((await call(admin, 'endOverlap', { accountId: id, version: first })).status).toBe(200);
    await vi.waitFor(async () => expect(await post(callback('PUB_KEY_ID_OLD', privateKey))).toBe(401), 1_000);
    expect(await post(callback(wechat.publicKeyId as string, newKey))).toBe(204);
    const { rows } = await engine.db.query(
      'SELECT state, secrets FROM channel_account_versions WHERE account_id = $1 AND version = $2',
      [id, first],
    );
    expect(rows).toEqual([{ state: 'retired', secrets: null }]);
    expect(await call(admin, 'endOverlap', { accountId: id, version: first })).toMatchObject({ code: 'conflict' });
    expect(await call(checker, 'probe', { accountId: id, version: first })).toMatchObject({ code: 'conflict' });
  });

  it('goes back to a version whose overlap lasts, as a version of its own', async () => {
    const before = (await accountOf(id)).version;
    const { version } = (await stageOn(id, { config: { ...config, deviceIp: '10.0.0.1' } })).data;
    await switchTo(id, version);
    const back = await call<{ version: number }>(checker, 'goBack', { accountId: id, version: before });
    expect(back).toMatchObject({ status: 200, data: { version: version + 1 } });
    const { versions, version: now } = await accountOf(id);
    expect(now).toBe(version + 1);
    expect(versions.filter(({ state }) => state === 'overlap')).toMatchObject([{ version }]);
    expect(await call(checker, 'goBack', { accountId: id, version: before })).toMatchObject({ code: 'conflict' });
    expect((await engine.place('qr')).body.status).toBe('processing');
  });

  it('keeps the secrets that are not named, and lets nobody write on an older version', async () => {
    const { version: baseVersion, versions } = await accountOf(id);
    const live = versions.find(({ state }) => state === 'live');
    const { version } = (await stageOn(id, { config: { ...config, deviceIp: '10.0.0.2' } }, checker)).data;
    const staged = (await accountOf(id)).versions.find((one) => one.version === version);
    expect(staged?.keys?.marks).toEqual(live?.keys?.marks);
    expect((await stageOn(id, { secrets }, checker)).status).toBe(403);
    expect((await stageOn(id, { baseVersion: baseVersion - 1 })).code).toBe('conflict');
    await call(admin, 'discard', { accountId: id, version });
  });

  it('is switched off for a while and for good, and on again', async () => {
    const failure = async () => (await engine.place('qr')).body.failure?.code ?? 'none';
    for (const minutes of [5, null]) {
      await call(checker, 'switchOff', { accountId: id, minutes, reason: '演练' });
      await vi.waitFor(async () => expect(await failure()).toBe('no_route'), 2_000);
      expect(await accountOf(id)).toMatchObject({ state: 'off', disabledReason: '演练', disabledBy: checker.email });
      await call(checker, 'switchOn', { accountId: id });
      await vi.waitFor(async () => expect(await failure()).toBe('none'), 2_000);
    }
  });

  it('is loaded anew on every node when somebody says so', async () => {
    await engine.place('qr');
    const held = async () => (await accountOf(id)).nodes[0]?.loadedAt as number | undefined;
    await vi.waitFor(async () => expect(await held()).toBeDefined(), 4_000);
    const before = await held();
    expect((await call(checker, 'invalidate', { accountId: id })).status).toBe(200);
    await engine.place('qr');
    await vi.waitFor(async () => expect(await held()).toBeGreaterThan(before as number), 4_000);
  });

  it('tells how it is set up only to those who look after keys or have to approve', async () => {
    for (const [role, sees] of [
      ['support', false],
      ['ops', false],
      ['auditor', true],
      ['oncall', true],
    ] as const) {
      const { versions } = await accountOf(id, await engine.signIn({ role }));
      expect(versions.every(({ keys }) => (keys !== null) === sees)).toBe(true);
    }
  });

  it('of which nothing was ever in force goes away with its only version', async () => {
    const input = {
      channelId: 'wechat-pay',
      accountId: 'wx-gone',
      label: 'x',
      baseUrl: engine.sandboxUrl,
      config,
      secrets,
    };
    expect((await call(admin, 'create', input)).status).toBe(200);
    expect(await call(admin, 'create', input)).toMatchObject({ status: 409, code: 'conflict' });
    await call(admin, 'discard', { accountId: 'wx-gone', version: 1 });
    expect(await accountOf('wx-gone')).toBeUndefined();
    expect(await call(admin, 'create', { ...input, channelId: 'nowhere' })).toMatchObject({ status: 404 });
  });

  it('changed behind the console’s back has a version of that all the same', async () => {
    const { version } = await accountOf(id);
    await engine.db.query(`UPDATE channel_accounts SET config = config || '{"deviceIp": "10.0.0.9"}' WHERE id = $1`, [
      id,
    ]);
    await engine.db.query('UPDATE channel_accounts SET label = label WHERE id = $1', [id]);
    const after = await accountOf(id);
    expect(after.version).toBeGreaterThan(version);
    expect(after.versions.filter(({ state }) => state === 'live')).toMatchObject([{ version: after.version }]);
    expect(after.versions.filter(({ state }) => state === 'overlap')).toEqual([]);
    expect((await engine.place('qr')).body.status).toBe('processing');
  });
});
