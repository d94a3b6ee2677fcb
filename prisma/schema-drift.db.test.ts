import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../scripts/testing/test-database.ts';

type Column = { type: string; nullable: boolean };

/** What Prisma's types are called by Postgres' catalogue. */
const typeNames: Record<string, string> = {
  String: 'text',
  Boolean: 'boolean',
  Int: 'integer',
  BigInt: 'bigint',
  Json: 'jsonb',
  Float: 'double precision',
  Bytes: 'bytea',
  DateTime: 'timestamp with time zone',
};

/** Tables and columns as schema.prisma describes them. */
function readSchema(): Map<string, Map<string, Column>> {
  const source = readFileSync(path.join(import.meta.dirname, 'schema.prisma'), 'utf8');
  const tables = new Map<string, Map<string, Column>>();
  for (const [, , body = ''] of source.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)) {
    const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? '';
    const columns = new Map<string, Column>();
    for (const line of body.split('\n')) {
      const field = /^\s+(\w+)\s+(\w+)(\[\])?(\?)?(.*)$/.exec(line);
      const type = field?.[2] && typeNames[field[2]];
      if (!field?.[1] || !type) continue;
      const name = /@map\("(\w+)"\)/.exec(field[5] ?? '')?.[1] ?? field[1];
      columns.set(name, { type: field[3] ? 'ARRAY' : type, nullable: field[4] === '?' });
    }
    tables.set(table, columns);
  }
  return tables;
}

/** Prisma's command line, on its WebAssembly engine. */
function prisma(...args: string[]): string {
  const root = path.join(import.meta.dirname, '..');
  const done = spawnSync(process.execPath, ['scripts/prisma/cli.mjs', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: database.url, NO_COLOR: '1' },
  });
  expect(done.stderr).not.toContain('Error');
  expect(done.status).toBe(0);
  return done.stdout;
}

let database: TestDatabase;
let db: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  db = new pg.Client({ connectionString: database.url });
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await database.drop();
});

describe('schema.prisma and the migrations', () => {
  it('describe the same tables and columns', async () => {
    const { rows } = await db.query(
      `SELECT c.table_name, c.column_name, c.data_type, c.is_nullable FROM information_schema.columns c
       JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
       WHERE c.table_schema = 'public' AND c.table_name <> '_prisma_migrations'`,
    );
    const real = new Map<string, Map<string, Column>>();
    for (const row of rows) {
      const columns = real.get(row.table_name) ?? new Map<string, Column>();
      real.set(
        row.table_name,
        columns.set(row.column_name, { type: row.data_type, nullable: row.is_nullable === 'YES' }),
      );
    }
    const plain = (tables: Map<string, Map<string, Column>>) =>
      Object.fromEntries(
        [...tables]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, columns]) => [name, Object.fromEntries([...columns].sort(([a], [b]) => (a < b ? -1 : 1)))]),
      );
    expect(real.size).toBeGreaterThan(20);
    expect(plain(real)).toEqual(plain(readSchema()));
  });

  it('agree in the eyes of Prisma, but for indexes it can not express', () => {
    const diff = prisma(
      'migrate',
      'diff',
      '--from-config-datasource',
      '--to-schema',
      'prisma/schema.prisma',
      '--script',
    );
    const statements = diff.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('--'));
    expect(statements.filter((line) => !/^DROP INDEX "refunds_merchant_number";$/.test(line))).toEqual([]);
  });

  it("leave a ledger that Prisma's own command line accepts", () => {
    expect(prisma('migrate', 'status')).toContain('Database schema is up to date');
  });

  it('have a partition for this month and the next, and one for whatever else comes', async () => {
    const { rows } = await db.query(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'payments'::regclass`,
    );
    const names = rows.map(({ name }) => name as string);
    const month = (ahead: number) =>
      new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + ahead, 1))
        .toISOString()
        .slice(0, 7)
        .replace('-', '_');
    expect(names).toEqual(expect.arrayContaining([`payments_${month(0)}`, `payments_${month(1)}`, 'payments_other']));
    expect(
      (await db.query('SELECT tributary_ensure_partitions(now()::date, 24) AS made')).rows[0].made,
    ).toBeGreaterThan(0);
    expect((await db.query('SELECT tributary_ensure_partitions(now()::date, 24) AS made')).rows[0].made).toBe(0);
  });

  it('keep a look-up by id to one partition', async () => {
    await db.query('SET enable_seqscan = off');
    const { rows } = await db.query(`EXPLAIN SELECT * FROM payments WHERE id = 'pay_01M83ZVGC26MTB8Q2AZ0W2076H'`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan.match(/payments_\d{4}_\d{2}/g)?.every((name, _, all) => name === all[0])).toBe(true);
    expect(plan).not.toContain('payments_other');
  });
});
