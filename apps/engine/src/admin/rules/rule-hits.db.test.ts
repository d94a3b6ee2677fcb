import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createTestCore, type TestCore } from '../../payments/testing/core.ts';
import { readRuleHits } from './rule-hits.read.ts';

let database: TestDatabase;
let core: TestCore;
beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

/** A payment as it came to its end; `rule` fired on it, or only watched. */
async function past(own: { status: string; payer: string; amount: number; rule?: string; watched?: string }) {
  const answer = await core.place(core.caller(), core.claim(), core.request());
  const { id } = JSON.parse(answer.body) as { id: string };
  const client = await core.pool.connect();
  try {
    await client.query(`SET session_replication_role = replica`);
    await client.query(
      `UPDATE payments SET status = $2, payer_key = $3, amount = $4, channel_id = 'wechat-pay', succeeded_at = CASE WHEN $2 = 'succeeded' THEN now() END WHERE id = $1`,
      [id, own.status, own.payer, own.amount],
    );
    const fired = own.rule === undefined ? [] : [{ id: own.rule }];
    const shadow = own.watched === undefined ? [] : [{ id: own.watched }];
    await client.query(
      `UPDATE events SET data = data || $2::jsonb WHERE payment_id = $1 AND kind IN ('risk.decided', 'routing.planned')`,
      [id, JSON.stringify({ fired, shadow })],
    );
    await client.query(`SET session_replication_role = origin`);
  } finally {
    client.release();
  }
}

it('counts hits, what they refused, and payers who paid the same afterwards', async () => {
  await past({ status: 'rejected', payer: 'ann', amount: 1_000, rule: 'r1' });
  await past({ status: 'rejected', payer: 'ben', amount: 2_500, rule: 'r1' });
  await past({ status: 'succeeded', payer: 'ann', amount: 1_000, rule: 'r2', watched: 'r3' });
  // Another amount is another purchase.
  await past({ status: 'succeeded', payer: 'ben', amount: 9_900, rule: 'r2' });
  const { rules, payments, sampled } = await readRuleHits(core.pool, 'risk', new Date(), () => 60);
  expect({ payments, sampled }).toEqual({ payments: 4, sampled: false });
  expect(rules.get('r1')).toMatchObject({
    hits: 2,
    succeeded: 0,
    rejected: 2,
    refused: [{ currency: 'CNY', amount: 3_500 }],
    paidAfterwards: 1,
  });
  expect(rules.get('r2')).toMatchObject({ hits: 2, succeeded: 2, rejected: 0, refused: [], paidAfterwards: 0 });
  expect(rules.get('r3')).toMatchObject({ hits: 0, shadow: 1, feeBps: null });
});

it('knows what the channels of a routing rule cost, and says nothing where it does not know', async () => {
  const bps = await readRuleHits(core.pool, 'routing', new Date(), () => 55);
  expect(bps.rules.get('r2')?.feeBps).toBe(55);
  const unknown = await readRuleHits(core.pool, 'routing', new Date(), () => undefined);
  expect(unknown.rules.get('r2')?.feeBps).toBeNull();
});
