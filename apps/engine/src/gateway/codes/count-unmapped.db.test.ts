import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import { newPaymentId, requestNoOf } from '../../platform/ids.ts';
import { createUnmappedCounter, maxCodesPerChannel } from './count-unmapped.ts';

let database: TestDatabase;
let pool: Pool;
const warnings: object[] = [];
const log = { warn: (fields: object) => void warnings.push(fields) };
const seen = (code: string, requestNo?: string, channelId = 'wx') => ({
  channelId,
  operation: 'place' as const,
  raw: { code, message: `says ${code}` },
  requestNo,
});
const rows = async (channelId: string) =>
  (
    await pool.query(
      'SELECT code, count::int, message, sample_payment_id FROM unmapped_codes WHERE channel_id = $1 ORDER BY code',
      [channelId],
    )
  ).rows;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'test' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('counting codes that nobody has mapped', () => {
  it('adds up over nodes, in one row for each code, with the newest payment as the sample', async () => {
    const [a, b] = [createUnmappedCounter({ pool, log }), createUnmappedCounter({ pool, log })];
    const id = newPaymentId();
    for (let i = 0; i < 1_000; i++) a.count(seen('ODD'));
    for (let i = 0; i < 500; i++) b.count(seen('ODD', requestNoOf(id, 1)));
    b.count(seen('nul\u0000'));
    await a.flush();
    await b.flush();
    await a.flush();
    expect(await rows('wx')).toEqual([
      { code: 'ODD', count: 1_500, message: 'says ODD', sample_payment_id: id },
      { code: 'nul\u{fffd}', count: 1, message: 'says nul\u{fffd}', sample_payment_id: null },
    ]);
  });

  it('keeps no more codes of a channel than its share, and goes on counting those it has', async () => {
    const counter = createUnmappedCounter({ pool, log });
    for (let i = 0; i < maxCodesPerChannel + 100; i++) counter.count(seen(`C${i}`, undefined, 'noisy'));
    await counter.flush();
    for (let i = 0; i < 300; i++) counter.count(seen(`D${i}`, undefined, 'noisy'));
    counter.count(seen('C0', undefined, 'noisy'));
    await counter.flush();
    const kept = await rows('noisy');
    expect(kept).toHaveLength(maxCodesPerChannel);
    expect(kept.find(({ code }) => code === 'C0')).toMatchObject({ count: 2 });
  });

  it('loses nothing while the database is away', async () => {
    const broken = createPool({ url: 'postgres://nobody@127.0.0.1:1/none', max: 1, name: 'broken' });
    let target = broken;
    const counter = createUnmappedCounter({
      pool: { query: (query: never) => target.query(query) } as unknown as Pool,
      log,
    });
    counter.count(seen('LATER', undefined, 'away'));
    await counter.flush();
    expect(warnings).toHaveLength(1);
    counter.count(seen('LATER', undefined, 'away'));
    target = pool;
    await counter.flush();
    expect(await rows('away')).toMatchObject([{ code: 'LATER', count: 2 }]);
    await broken.end();
  });
});
