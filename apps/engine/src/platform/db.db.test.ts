import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { toAppError } from '../access/to-api-error.ts';
import { createPool, inTransaction, isOutOfReach, type Pool, type PoolClient } from './db.ts';

let database: TestDatabase;
let pool: Pool;
let lost: Error[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  lost = [];
  pool = createPool({ url: database.url, max: 2, name: 'test', waitMs: 100, onLost: (err) => lost.push(err) });
});
afterEach(() => pool.end());

// Not `events.once`, which would listen to errors too.
const ended = (client: PoolClient) => new Promise<void>((done) => client.once('end', () => done()));

async function kill(client: PoolClient): Promise<void> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const gone = ended(client);
  await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
  await gone;
}

describe('the pool', () => {
  // An error event that nobody listens to ends the process; here it would fail the whole run.
  it('survives that a connection dies between two statements of a transaction', async () => {
    const outcome = inTransaction(pool, async (client) => {
      await kill(client);
      await client.query('SELECT 1');
    });
    await expect(outcome).rejects.toThrow('not queryable');
    expect(lost.map(({ message }) => message)).toContain('terminating connection due to administrator command');
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('survives that a connection dies during a statement', async () => {
    const client = await pool.connect();
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    const slow = client.query('SELECT pg_sleep(30)').catch((error) => error);
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    expect(isOutOfReach(await slow)).toBe(true);
    client.release(true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('survives that an idle connection dies', async () => {
    const client = await pool.connect();
    client.release();
    const other = await pool.connect();
    const idle = await pool.connect();
    const { rows } = await idle.query('SELECT pg_backend_pid() AS pid');
    const gone = ended(idle);
    idle.release();
    await other.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await gone;
    other.release();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('tells who waits for a connection too long to come again, when all are in use', async () => {
    const held = [await pool.connect(), await pool.connect()];
    const error = await pool.query('SELECT 1').catch((err) => err);
    expect(toAppError(error)).toMatchObject({ code: 'unavailable', status: 503, retryAfterSeconds: 1 });
    expect(isOutOfReach(error)).toBe(true);
    for (const client of held) client.release();
  });

  it('bounds every statement, every wait for a lock and every idle transaction', async () => {
    const { rows } = await pool.query(
      `SELECT name FROM pg_settings WHERE setting::int > 0
       AND name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      'idle_in_transaction_session_timeout',
      'lock_timeout',
      'statement_timeout',
    ]);
  });
});

describe('a transaction', () => {
  it('leaves nothing, and a usable connection, when its work fails', async () => {
    await expect(
      inTransaction(pool, async (client) => {
        await client.query(`INSERT INTO leases (name, holder, expires_at) VALUES ('failed', 'me', now())`);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect((await pool.query(`SELECT 1 FROM leases WHERE name = 'failed'`)).rows).toEqual([]);
    expect(pool.totalCount).toBe(1);
  });

  it('does not pass for committed when a failed statement was overlooked', async () => {
    await expect(
      inTransaction(pool, async (client) => {
        await client.query(`INSERT INTO leases (name, holder, expires_at) VALUES ('overlooked', 'me', now())`);
        await client.query('SELECT nonsense').catch(() => undefined);
      }),
    ).rejects.toThrow('rolled back');
    expect((await pool.query(`SELECT 1 FROM leases WHERE name = 'overlooked'`)).rows).toEqual([]);
  });
});

describe('whether a database is out of reach', () => {
  it.each([
    ['a duplicate', 'INSERT INTO leases (name, holder, expires_at) SELECT $1, $1, now() FROM generate_series(1, 2)'],
    ['a bad value', 'SELECT $1::text::int'],
  ])('is not said of %s', async (_, sql) => {
    const error = await pool.query(sql, ['x']).catch((err) => err);
    expect(error).toBeInstanceOf(Error);
    expect(isOutOfReach(error)).toBe(false);
  });

  it('is said when nobody listens', async () => {
    const nowhere = createPool({ url: 'postgres://postgres@127.0.0.1:1/none', max: 1, name: 'test' });
    expect(isOutOfReach(await nowhere.query('SELECT 1').catch((err) => err))).toBe(true);
    await nowhere.end();
  });
});
