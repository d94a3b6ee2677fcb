import pg from 'pg';

const chunk = 250_000;

/**
 * Paid payments over the last twelve months, in the real table with its partitions and indexes. The chain of events is not
 * there: look-ups by id do not touch it.
 */
export const addRows = (url: string, merchantId: string, rows: number): Promise<void> =>
  onDatabase(url, async (db) => {
    await db.query(
      `SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '512MB'`,
    );
    await db.query(`SELECT tributary_ensure_partitions((now() - interval '12 months')::date, 13)`);
    // Made again afterwards, at once instead of row by row.
    const { rows: indexes } = await db.query<{ name: string; definition: string }>(
      `SELECT c.relname AS name, pg_get_indexdef(c.oid) AS definition FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
       WHERE i.indrelid = 'payments'::regclass AND NOT i.indisprimary`,
    );
    for (const { name } of indexes) await db.query(`DROP INDEX ${pg.escapeIdentifier(name)}`);
    for (let from = 0; from < rows; from += chunk)
      await db.query(
        `INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject,
           payer, payer_key, metadata, channel_id, account_id, channel_txn, credential, version, trace_id, created_at,
           updated_at, expires_at, succeeded_at)
         SELECT substr(tributary_id_floor(h.at), 1, 14) || upper(substr(m.md5, 1, 16)), $1, m.md5, 'wechat.native', 'native',
           'succeeded', 100 + n % 100000, 'CNY', '拿铁 Flat white', jsonb_build_object('id', 'payer-' || n % 1000000),
           'payer-' || n % 1000000, jsonb_build_object('table', n % 40), 'zero', 'zero-main', '42000' || n,
           jsonb_build_object('type', 'qr', 'url', 'weixin://wxpay/bizpayurl?pr=' || substr(m.md5, 1, 12)), 4, m.md5,
           h.at, h.at + interval '8 s', h.at + interval '2 h', h.at + interval '8 s'
         FROM (SELECT c, now() - interval '12 months' * (1 - c::float8 / $4::int) AS at
               FROM generate_series($2::int / 1000, ($3::int - 1) / 1000) c OFFSET 0) h
         CROSS JOIN LATERAL generate_series(greatest($2::int, h.c * 1000), least($3::int, h.c * 1000 + 1000) - 1) n
         CROSS JOIN LATERAL (SELECT md5(n::text) AS md5 OFFSET 0) m`,
        [merchantId, from, Math.min(rows, from + chunk), Math.ceil(rows / 1000)],
      );
    for (const { definition } of indexes) await db.query(definition);
    await db.query('VACUUM (ANALYZE, FREEZE) payments');
  });

/** Ids of stored payments, from all over the table, in no order. */
export const someIds = (url: string, count: number): Promise<string[]> =>
  onDatabase(url, async (db) => {
    const { rows } = await db.query<{ id: string }>(
      `SELECT id FROM (SELECT id FROM payments TABLESAMPLE SYSTEM (
         (SELECT least(100, 150.0 * $1 / greatest(1, sum(reltuples))) FROM pg_class
          WHERE relkind = 'r' AND relname LIKE 'payments\\_2%')::real) REPEATABLE (1)) AS taken
       ORDER BY md5(id) LIMIT $1`,
      [count],
    );
    return rows.map(({ id }) => id);
  });

async function onDatabase<T>(url: string, work: (db: pg.Client) => Promise<T>): Promise<T> {
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  try {
    return await work(db);
  } finally {
    await db.end();
  }
}
