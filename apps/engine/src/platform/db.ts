import pg from 'pg';

// Money and counters arrive as bigint, never as float. Per pool: other libraries on `pg` keep their own view.
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 && format !== 'binary' ? BigInt : pg.types.getTypeParser(oid, format),
};

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;

/** For every connection of ours: a peer that vanished without a word is noticed within half a minute. */
export const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

export type PoolOptions = {
  url: string;
  max: number;
  name: string;
  statementTimeoutMs?: number;
  /** How long to wait for a connection, free or new, before giving up. */
  waitMs?: number;
  onLost?: (error: Error) => void;
};

/**
 * A pool for the payment path. Its statements touch few rows by key, so plans that scan or hash whole tables are
 * switched off: a generic plan made while tables were still empty can not turn into a disaster later.
 */
export function createPool({ url, max, name, statementTimeoutMs = 10_000, waitMs = 2_000, onLost }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: `tributary ${name}`,
    connectionTimeoutMillis: waitMs,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    // Should the server's own limit not reach us, because the network is cut.
    query_timeout: statementTimeoutMs + 5_000,
    idle_in_transaction_session_timeout: 15_000,
    lock_timeout: 5_000,
    ...keepAlive,
    types,
    options: '-c timezone=UTC -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c jit=off',
  });
  surviveLostConnections(pool, onLost);
  return pool;
}

/**
 * A connection that dies must not end the process, which is what an error event does that nobody listens to. The pool
 * listens to idle connections only; those in use, between two statements, need a listener of their own.
 */
export function surviveLostConnections(pool: Pool, onLost: (error: Error) => void = () => undefined): void {
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', onLost));
}

/**
 * Runs `work` in a transaction. A connection that can't even be rolled back is thrown away: it must not come back to the
 * pool with a transaction open.
 */
export async function inTransaction<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let result: Result;
  try {
    await client.query('BEGIN');
    result = await work(client);
    // Postgres answers a COMMIT after a failed statement with a friendly ROLLBACK.
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') throw new Error('a statement had failed: the transaction was rolled back');
  } catch (error) {
    const undone = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    );
    client.release(!undone);
    throw error;
  }
  client.release();
  return result;
}

const outOfReach =
  /^(08...|53...|57P..|25006|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
// What `pg`, then what `ioredis` says without a code.
const outOfReachMessage =
  /timeout exceeded when trying to connect|Connection terminated|not queryable|Query read timeout|after calling end on the pool|max retries per request|Connection is closed|Command timed out/;

/** Whether an error says that a server (or a free connection to it) could not be had, and nothing of what was asked. */
export function isOutOfReach(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    (typeof code === 'string' && outOfReach.test(code)) ||
    (typeof message === 'string' && outOfReachMessage.test(message))
  );
}
