import pg from 'pg';

// Money and counters arrive as bigint, never as float. Per pool: other libraries on `pg` keep their own view.
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 && format !== 'binary' ? BigInt : pg.types.getTypeParser(oid, format),
};

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;

/**
 * A pool for the payment path. Its statements touch few rows by key, so plans that scan or hash whole tables are
 * switched off: a generic plan made while tables were still empty can not turn into a disaster later.
 */
export function createPool(options: { url: string; max: number; name: string; statementTimeoutMs?: number }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    application_name: `tributary ${options.name}`,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: options.statementTimeoutMs ?? 10_000,
    idle_in_transaction_session_timeout: 15_000,
    lock_timeout: 5_000,
    keepAlive: true,
    types,
    options: '-c timezone=UTC -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c jit=off',
  });
  // A connection that dies while idle must not kill the process; the next query gets another or fails by itself.
  pool.on('error', () => undefined);
  return pool;
}
