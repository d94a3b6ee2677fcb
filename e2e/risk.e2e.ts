import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveDocument, publishDocument } from '../scripts/testing/documents.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

let system: System;
let shop: ReturnType<typeof createMerchant>;
let db: pg.Client;

beforeAll(async () => {
  system = await startSystem();
  shop = createMerchant(system);
  db = new pg.Client({ connectionString: system.databaseUrl });
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await system.stop();
});

const decisionOf = async (id: string) =>
  (await db.query(`SELECT data FROM events WHERE payment_id = $1 AND kind = 'risk.decided'`, [id])).rows[0]?.data;
const statusOf = async (payer: object) => (await shop.place({ payer })).body;

describe('risk in a running engine', () => {
  it('refuses who is put on a list, at once and with the entry in the story, and nobody else', async () => {
    expect((await statusOf({ ip: '203.0.113.77' })).status).toBe('processing');
    await db.query(
      `INSERT INTO list_entries (list, value, reason, created_by) VALUES ('ip', '203.0.113.0/24', 'proxies', 'test'), ('card_bin', '622202', 'leaked', 'test')`,
    );
    const refused = await until('a refusal', async () => {
      const { id, status } = await statusOf({ ip: '203.0.113.78' });
      return status === 'rejected' && id;
    });
    expect(await shop.find(refused)).toMatchObject({ failure: { code: 'risk_payer_blocked' }, channel: null });
    expect((await decisionOf(refused)).lists).toMatchObject([
      { list: 'ip', effect: 'block', value: '203.0.113.0/24', reason: 'proxies' },
    ]);
    expect((await statusOf({ ip: '::ffff:203.0.113.79' })).failure?.code).toBe('risk_payer_blocked');
    expect((await statusOf({ cardBin: '62220219' })).failure?.code).toBe('risk_payer_blocked');
    expect((await statusOf({ cardBin: '62220319', ip: '203.0.114.1' })).status).toBe('processing');
    await db.query(`DELETE FROM list_entries`);
    expect((await statusOf({ ip: '203.0.113.80' })).status).toBe('processing');
  });

  it('counts what a device did before, and keeps the count with the decision', async () => {
    const { rules, ...rest } = (await liveDocument(db, 'risk', 'main')) as { rules: object[] };
    await publishDocument(db, 'risk', 'main', {
      ...rest,
      rules: [
        ...rules,
        {
          id: 'e2e-device-often',
          priority: 500,
          conditions: { all: [{ fact: 'deviceCount10m', operator: 'greaterThanInclusive', value: 3 }] },
          event: { type: 'reject', params: { code: 'risk_rejected' } },
        },
      ],
    });
    let before = 0;
    const refused = await until('a refusal', async () => {
      const { id, status } = await statusOf({ deviceId: 'e2e-till' });
      if (status === 'rejected') return id;
      before++;
      return undefined;
    });
    expect(before).toBeGreaterThanOrEqual(3);
    expect(await decisionOf(refused)).toMatchObject({
      outcome: 'reject',
      facts: { deviceCount10m: before },
      decidedBy: { kind: 'rule', id: 'e2e-device-often' },
    });
    expect((await statusOf({ deviceId: 'e2e-other' })).status).toBe('processing');
  });
});
