import type { Rate, StartBacktest } from '@tributary/contracts/backtest';
import type { Pool } from '../../platform/db.ts';
import { paymentIdFloor } from '../../platform/ids.ts';
import { parseRecorded, type RecordedPayment, type RecordedRow } from './recorded-payment.ts';
import { rateOf } from './wilson.ts';

/** Which payments of the past: a window by creation, perhaps of one merchant or service. */
export type Population = Pick<StartBacktest, 'from' | 'to' | 'merchantId' | 'serviceId'>;

const batchSize = 2_000;
const keysAtOnce = 20_000;

const within = `id >= $1 AND id < $2 AND ($3::text IS NULL OR merchant_id = $3) AND ($4::text IS NULL OR service_id = $4)`;
const valuesOf = ({ from, to, merchantId, serviceId }: Population) => [
  paymentIdFloor(from),
  paymentIdFloor(to),
  merchantId ?? null,
  serviceId ?? null,
];

const columns = `id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, payer, channel_id,
  refunded_amount > 0 AS refunded`;

/** The first decision of each kind: it stands among a payment's first events. */
const withDecisions = (payments: string) => `
  SELECT p.*, risk.data AS risk, routing.data AS routing FROM (${payments}) p
  LEFT JOIN LATERAL (SELECT data FROM events WHERE payment_id = p.id AND seq <= 16 AND kind = 'risk.decided'
                     ORDER BY seq LIMIT 1) risk ON true
  LEFT JOIN LATERAL (SELECT data FROM events WHERE payment_id = p.id AND seq <= 16 AND kind = 'routing.planned'
                     ORDER BY seq LIMIT 1) routing ON true
  ORDER BY p.id`;

/** How many payments there are. */
export async function countPopulation(pool: Pool, population: Population): Promise<number> {
  const { rows } = await pool.query(
    `SELECT count(*)::int AS count FROM payments WHERE ${within}`,
    valuesOf(population),
  );
  return rows[0].count;
}

/** Each channel's share of success among the window's finished payments: succeeded, failed or closed unpaid. */
export async function readRates(pool: Pool, population: Population): Promise<Map<string, Rate>> {
  const { rows } = await pool.query(
    `SELECT channel_id, count(*)::int AS observed, (count(*) FILTER (WHERE status = 'succeeded'))::int AS succeeded
     FROM payments WHERE ${within} AND channel_id IS NOT NULL AND status IN ('succeeded', 'failed', 'closed')
     GROUP BY channel_id ORDER BY channel_id`,
    valuesOf(population),
  );
  return new Map(rows.map((row) => [row.channel_id, rateOf(row.succeeded, row.observed)]));
}

/** All payments in batches, in order of time. Each batch is one range of the primary key. */
export async function* readAll(pool: Pool, population: Population): AsyncGenerator<RecordedPayment[]> {
  const [from, ...rest] = valuesOf(population);
  let after = from;
  for (;;) {
    const { rows } = await pool.query<RecordedRow>({
      name: 'backtest-all',
      text: withDecisions(`SELECT ${columns} FROM payments WHERE ${within} AND id > $5 ORDER BY id LIMIT ${batchSize}`),
      values: [from, ...rest, after],
    });
    if (rows.length > 0) yield rows.map(parseRecorded);
    const last = rows.at(-1);
    if (!last || rows.length < batchSize) return;
    after = last.id;
  }
}

/**
 * Every n-th payment of each stratum (service and status), in order of time: a service or an outcome that is rare keeps
 * its share, and each stratum is spread evenly over the window. The first of each stratum is always taken.
 */
export async function* readEveryNth(
  pool: Pool,
  population: Population,
  everyNth: number,
): AsyncGenerator<RecordedPayment[]> {
  const [from, ...rest] = valuesOf(population);
  const seen = new Map<string, number>();
  let chosen: string[] = [];
  let after = from;
  for (;;) {
    const { rows } = await pool.query({
      name: 'backtest-keys',
      text: `SELECT id, service_id, status FROM payments WHERE ${within} AND id > $5 ORDER BY id LIMIT ${keysAtOnce}`,
      values: [from, ...rest, after],
    });
    for (const { id, service_id, status } of rows) {
      const stratum = `${service_id}\n${status}`;
      const place = seen.get(stratum) ?? 0;
      seen.set(stratum, place + 1);
      if (place % everyNth === 0) chosen.push(id);
    }
    const ended = rows.length < keysAtOnce;
    while (chosen.length >= batchSize || (ended && chosen.length > 0)) {
      yield await readByIds(pool, chosen.slice(0, batchSize));
      chosen = chosen.slice(batchSize);
    }
    if (ended) return;
    after = rows.at(-1)?.id;
  }
}

/** Some payments by id; unknown ones are left out. */
export async function readByIds(pool: Pool, ids: readonly string[]): Promise<RecordedPayment[]> {
  const { rows } = await pool.query<RecordedRow>({
    name: 'backtest-ids',
    text: withDecisions(`SELECT ${columns} FROM payments WHERE id = ANY($1::text[])`),
    values: [ids],
  });
  return rows.map(parseRecorded);
}
