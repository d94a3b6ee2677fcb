import type { Payment } from '@tributary/contracts/payment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { createTestCore, type TestCore } from '../../payments/testing/core.ts';
import { createPrisma } from '../../platform/prisma.ts';
import { createOrderReads } from './orders.read.ts';

let database: TestDatabase;
let core: TestCore;
let prisma: ReturnType<typeof createPrisma>;
beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
  prisma = createPrisma(database.url);
});
afterAll(async () => {
  await prisma.$disconnect();
  await core.end();
  await database.drop();
});

it('finds a payment by any of its numbers, and for a merchant only its own', async () => {
  const request = core.request();
  const { id } = JSON.parse((await core.place(core.caller(), core.claim(), request)).body) as Payment;
  const reads = createOrderReads({ prisma, pool: core.pool });
  const { rows } = await core.pool.query(
    `SELECT p.merchant_id, p.trace_id, p.merchant_order_no, a.request_no
       FROM payments p JOIN attempts a ON a.payment_id = p.id WHERE p.id = $1`,
    [id],
  );
  const { merchant_id: merchantId, trace_id: traceId, merchant_order_no: orderNo, request_no: requestNo } = rows[0];

  for (const [text, foundAs] of [
    [id, 'payment'],
    [id.toLowerCase(), 'payment'],
    [orderNo, 'merchantOrderNo'],
    [requestNo, 'requestNo'],
    [traceId, 'trace'],
    [traceId.toUpperCase(), 'trace'],
    [`00-${traceId}-00f067aa0ba902b7-01`, 'trace'],
  ]) {
    expect(await reads.find(text, undefined), text).toContainEqual({ foundAs, id });
    expect(await reads.find(text, merchantId), text).toContainEqual({ foundAs, id });
    expect(await reads.find(text, 'somebody_else'), text).toEqual([]);
  }
  expect(await reads.find('f'.repeat(32), undefined)).toEqual([]);
});
