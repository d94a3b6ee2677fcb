// npm run bench:facts: how long it takes to read facts over past payments, among a day's payments of one merchant.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { PaymentContext } from '../apps/engine/src/payments/ports.ts';
import { systemClock } from '../apps/engine/src/platform/clock.ts';
import { createPool, type Pool } from '../apps/engine/src/platform/db.ts';
import { newPaymentId } from '../apps/engine/src/platform/ids.ts';
import { riskFactGroups, velocityFacts } from '../apps/engine/src/risk/facts.ts';
import { createVelocityStore } from '../apps/engine/src/risk/velocity/velocity.store.ts';
import { migrate } from '../scripts/migrate.mjs';
import { startPostgres } from '../scripts/postgres/start-postgres.mjs';

const { values } = parseArgs({ options: { payments: { type: 'string', default: '100000' } } });
const payments = Number(values.payments);
const perBatch = 2_500;
const reads = { warmup: 200, measured: 1_300 };

const below = (limit: number) => Math.floor(Math.random() * limit);
const anyPayer = () => ({
  id: `payer-${below(3_000)}`,
  deviceId: `device-${below(3_000)}`,
  ip: `203.0.${below(12)}.${below(250)}`,
  cardId: `card-${below(3_000)}`,
  cardBin: '622202',
});

async function write(pool: Pool): Promise<void> {
  for (let written = 0; written < payments; written += perBatch) {
    const rows = Array.from({ length: perBatch }, (_, i) => {
      const payer = anyPayer();
      return {
        id: newPaymentId(Date.now() - below(86_400_000)),
        merchant_order_no: `${written + i}`,
        status: ['succeeded', 'processing', 'failed'][below(3)],
        amount: below(5_000) + 1,
        payer,
        payer_key: payer.id,
      };
    });
    await pool.query(
      `WITH rows AS MATERIALIZED (
         SELECT * FROM jsonb_to_recordset($1::jsonb)
           AS x(id text, merchant_order_no text, status text, amount bigint, payer jsonb, payer_key text)
       ), told AS (
         INSERT INTO events (payment_id, seq, kind, node, actor) SELECT id, 1, 'bench', 'bench', 'bench' FROM rows
       )
       INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject,
         payer, payer_key, version, trace_id, expires_at, succeeded_at)
       SELECT id, 'mch', merchant_order_no, 'bench', 'native', status, amount, 'CNY', 'bench', payer, payer_key, 1, 'bench',
         now(), CASE status WHEN 'succeeded' THEN now() END FROM rows`,
      [JSON.stringify(rows)],
    );
  }
  await pool.query('VACUUM ANALYZE payments');
}

const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
chmodSync(dataDir, 0o711);
const postgres = await startPostgres({ dataDir, durable: false });
const result: Record<string, unknown> = { payments };
try {
  await migrate(postgres.url);
  const pool = createPool({ url: postgres.url, max: 6, name: 'bench', statementTimeoutMs: 60_000 });
  await write(pool);
  const store = createVelocityStore({ pool, clock: systemClock });
  const namesOf = (facts: readonly { name: string }[]) => new Set(facts.map(({ name }) => name));
  const { payer, device, ip, card } = riskFactGroups;
  const cases = {
    one: new Set(['payerFailed10m']),
    threeDimensions: new Set(['payerCount24h', 'devicePayers24h', 'ipPayers24h']),
    allOfPayerDeviceIpCard: namesOf([...payer, ...device, ...ip, ...card]),
    all: namesOf(velocityFacts),
  };
  for (const [name, needed] of Object.entries(cases)) {
    const times: number[] = [];
    for (let i = 0; i < reads.warmup + reads.measured; i++) {
      const context = {
        merchant: { id: 'mch' },
        request: { amount: 100, currency: 'CNY', payer: anyPayer() },
        at: new Date(),
      } as PaymentContext;
      const from = performance.now();
      await store.read(needed, context);
      if (i >= reads.warmup) times.push(performance.now() - from);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 100) / 100;
    result[name] = { facts: needed.size, p50Ms: at(0.5), p99Ms: at(0.99) };
  }
  await pool.end();
} finally {
  await postgres.stop();
  for (const dir of [dataDir, postgres.clusterDir]) rmSync(dir, { recursive: true, force: true });
}
// The last line, after everything is stopped.
console.log(JSON.stringify(result));
