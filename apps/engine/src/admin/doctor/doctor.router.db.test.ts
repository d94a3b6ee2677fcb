import { randomBytes } from 'node:crypto';
import { channelAdapters } from '@tributary/channels/registry';
import * as wx from '@tributary/channels/wechat-pay/fixtures/fake-wechat-pay';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { type Context, createCallerFactory } from '../../access/trpc.ts';
import { createAudit } from '../../config/audit.store.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import { webhookSecretAad } from '../../platform/secret-places.ts';
import { createSecrets, parseKeyRing } from '../../platform/secrets.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createDoctorRouter } from './doctor.router.ts';

const now = new Date('2026-11-23T06:00:00Z');
const secrets = createSecrets(parseKeyRing(`test:${randomBytes(32).toString('base64')}`));
const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;
const adapters = new Map(channelAdapters.map((adapter) => [adapter.id, adapter]));

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'test' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

function callerOf(role: string, merchantId?: string) {
  const account = (id: string) => ({ id, channelId: 'wx', label: id, baseUrl: 'https://wx.test' });
  const merchant = (id: string) => ({
    id,
    name: id,
    webhookSecret: secrets.encrypt(webhookSecret, webhookSecretAad(id)),
  });
  const snapshot = {
    channels: new Map([['wx', { id: 'wx', name: 'WeChat', adapter: 'wechat-pay' }]]),
    accounts: new Map([
      ['live', account('live')],
      ['sandbox', account('sandbox')],
    ]),
    merchants: new Map(['mch_1', 'mch_2'].map((id) => [id, merchant(id)])),
    apiKeys: new Map(),
  };
  // The sandbox's platform key is the other account's only difference.
  const other = {
    ...wx.publicKeyConfig,
    verification: { ...wx.publicKeyConfig.verification, publicKeyPem: wx.certificateTrust.publicKeyPem },
  };
  const sessions: Record<string, unknown> = {
    live: adapters
      .get('wechat-pay')
      ?.open({ baseUrl: 'https://wx.test', config: wx.publicKeyConfig, secrets: wx.secrets }, []),
    sandbox: adapters.get('wechat-pay')?.open({ baseUrl: 'https://wx.test', config: other, secrets: wx.secrets }, []),
  };
  const audit = createAudit(pool);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const router = createDoctorRouter({
    config: { current: () => snapshot },
    adapters,
    audit,
    secrets,
    clock: { now: () => now, monotonicMs: () => 0 },
    openAccount: async (id: string) => sessions[id],
  } as unknown as AdminDeps);
  const viewer = {
    id: '1',
    email: `${role}@x.example`,
    name: role,
    role,
    approver: false,
    merchantId,
    locale: undefined,
  };
  const context: Context = { viewer, requestId: 'r', ip: '127.0.0.1', userAgent: undefined, audit, log };
  return createCallerFactory(router)(context);
}

const live = { kind: 'account', id: 'live' } as const;
const mine = { kind: 'merchant', id: 'mch_1' } as const;

describe('the signature doctor', () => {
  it('tells its own example from a changed, a cut and an old one', async () => {
    const caller = callerOf('support');
    const verdictOf = async (
      kind: 'valid' | 'changed' | 'stale' | 'cut_signature',
      subject: typeof live | typeof mine,
    ) => {
      const { text } = await caller.example({ subject, kind });
      const result = await caller.diagnose({ subject, text });
      return result.readable ? result.findings.map(({ cause }) => cause) : result.problem;
    };
    for (const subject of [live, mine]) {
      expect(await verdictOf('valid', subject)).toEqual([]);
      expect(await verdictOf('changed', subject)).toContain('content_differs');
      expect(await verdictOf('stale', subject)).toEqual(['stale_timestamp']);
      expect((await verdictOf('cut_signature', subject)).length).toBeGreaterThan(0);
    }
  });

  it('takes the time at which a message came, and compares what the other side signed', async () => {
    const caller = callerOf('oncall');
    const { text } = await caller.example({ subject: live, kind: 'stale' });
    const result = await caller.diagnose({
      subject: live,
      text,
      receivedAt: now.getTime() - 3_600_000,
      theirs: 'GET\n',
    });
    expect(result).toMatchObject({
      verdict: 'valid',
      theirs: { equal: false, difference: { offset: 4, line: 2, column: 1, actual: undefined } },
    });
  });

  it("recognises the key of another account's environment", async () => {
    const body = '{"a":1}';
    const headers = wx.signedHeaders(
      Buffer.from(body),
      { ...wx.certificateSigner, serial: wx.publicKeySigner.serial },
      now,
    );
    const text = `HTTP/1.1 200 OK\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}\n\n${body}`;
    const result = await callerOf('ops').diagnose({ subject: live, text });
    expect(result).toMatchObject({ findings: [{ cause: 'other_account_key', certain: true }] });
  });

  it('says on which line a paste stops being a message', async () => {
    expect(await callerOf('ops').diagnose({ subject: live, text: 'POST / HTTP/1.1\nA: b\noops\n\n' })).toEqual({
      readable: false,
      line: 3,
      problem: 'header_without_colon',
    });
  });

  it('shows merchants themselves and nothing else', async () => {
    const caller = callerOf('merchant', 'mch_1');
    expect(await caller.subjects()).toEqual({ accounts: [], merchants: [{ id: 'mch_1', name: 'mch_1' }] });
    for (const subject of [
      live,
      { kind: 'merchant', id: 'mch_2' } as const,
      { kind: 'merchant', id: 'mch_9' } as const,
    ]) {
      await expect(caller.diagnose({ subject, text: 'a=1' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(caller.example({ subject, kind: 'valid' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    const event = '{"type":"x"}';
    const text = `A: b\nwebhook-id: m\nwebhook-timestamp: ${now.getTime() / 1000}\nwebhook-signature: ${new Webhook(webhookSecret).sign('m', now, event)}\n\n${event}`;
    expect(await caller.diagnose({ subject: mine, text })).toMatchObject({ verdict: 'valid' });
    await expect(callerOf('manager').subjects()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('writes down whose keys were tried and what came of it, never the message, and tells no secret', async () => {
    const caller = callerOf('support');
    const { text } = await caller.example({ subject: mine, kind: 'changed' });
    const told = JSON.stringify(await caller.diagnose({ subject: mine, text }));
    const { rows } = await pool.query(
      `SELECT object_type, object_id, before, after, reason FROM audit_log WHERE action = 'doctor.diagnose' ORDER BY id DESC LIMIT 1`,
    );
    expect(rows[0]).toMatchObject({ object_type: 'merchant', object_id: 'mch_1', after: { verdict: 'invalid' } });
    for (const written of [told, JSON.stringify(rows)]) expect(written).not.toContain(webhookSecret.slice(6));
    expect(JSON.stringify(rows)).not.toContain('EXAMPLE');
  });

  it('refuses what is too long, by its field', async () => {
    await expect(callerOf('ops').diagnose({ subject: live, text: 'x'.repeat(64 * 1024 + 1) })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });
});
