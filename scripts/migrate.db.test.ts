import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from './migrate.mjs';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';

const migrations = path.join(import.meta.dirname, '../prisma/migrations');

let database: TestDatabase;
let db: pg.Client;
let dir: string;

beforeEach(async () => {
  database = await createTestDatabase();
  db = new pg.Client({ connectionString: database.url });
  await db.connect();
  dir = mkdtempSync(path.join(tmpdir(), 'tributary-migrations-'));
  cpSync(migrations, dir, { recursive: true });
});

afterEach(async () => {
  await db.end();
  await database.drop();
  rmSync(dir, { recursive: true, force: true });
});

function addMigration(name: string, sql: string): void {
  mkdirSync(path.join(dir, name), { recursive: true });
  writeFileSync(path.join(dir, name, 'migration.sql'), sql);
}

async function ledger(): Promise<string[]> {
  const { rows } = await db.query('SELECT migration_name FROM _prisma_migrations ORDER BY migration_name');
  return rows.map((row) => row.migration_name);
}

describe('the migration runner', () => {
  it('finds nothing to do the second time', async () => {
    expect(await migrate(database.url, { dir })).toEqual([]);
  });

  it('applies a new migration once, though two nodes start together', async () => {
    addMigration('29990101000000_once', 'CREATE TABLE once (id int); SELECT pg_sleep(0.2);');
    const applied = await Promise.all([migrate(database.url, { dir }), migrate(database.url, { dir })]);
    expect(applied.flat()).toEqual(['29990101000000_once']);
  });

  it('refuses a migration that was changed after it had been applied', async () => {
    addMigration('29990101000000_changed', 'SELECT 1;');
    await migrate(database.url, { dir });
    addMigration('29990101000000_changed', 'SELECT 2;');
    await expect(migrate(database.url, { dir })).rejects.toThrow('29990101000000_changed was changed after');
  });

  it('refuses a database that a newer version has migrated', async () => {
    addMigration('29990101000000_newer', 'SELECT 1;');
    await migrate(database.url, { dir });
    await expect(migrate(database.url)).rejects.toThrow('used by a newer version');
  });

  it('leaves nothing of a migration that fails half-way, and says where', async () => {
    const before = await ledger();
    addMigration('29990101000000_broken', 'CREATE TABLE half (id int);\nSELECT nonsense;');
    await expect(migrate(database.url, { dir })).rejects.toThrow(/_broken failed and was rolled back: .*\(line 2\)/);
    expect(await ledger()).toEqual(before);
    expect((await db.query(`SELECT to_regclass('half') AS half`)).rows[0].half).toBeNull();
  });
});
