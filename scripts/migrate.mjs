// Applies prisma/migrations/*/migration.sql and keeps Prisma's own ledger. See docs/adr/0002-migrations.md.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const migrationsDir = path.resolve(import.meta.dirname, '../prisma/migrations');

// Any fixed number will do; every node must use the same one.
const lockKey = 7_283_746_512;

const ledgerSql = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  varchar(36) PRIMARY KEY,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

/**
 * Safe to run from several nodes at once: the second waits, then finds nothing to do.
 * @param {string} databaseUrl
 * @param {{ dir?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<string[]>} names of the migrations applied now
 */
export async function migrate(databaseUrl, { dir = migrationsDir, log = () => {} } = {}) {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'tributary-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await client.query(ledgerSql);
    const applied = await readLedger(client);
    const pending = checkAgainstLedger(readMigrations(dir), applied);
    for (const migration of pending) {
      await apply(client, migration);
      log(`applied ${migration.name}`);
    }
    return pending.map(({ name }) => name);
  } finally {
    // Ends the session, and with it the advisory lock.
    await client.end();
  }
}

/** @typedef {{ name: string, sql: string, checksum: string }} Migration */

/** @param {string} dir @returns {Migration[]} */
function readMigrations(dir) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(dir, entry.name, 'migration.sql')))
    .map(({ name }) => {
      const sql = readFileSync(path.join(dir, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param {pg.Client} client @returns {Promise<Map<string, string>>} name -> checksum */
async function readLedger(client) {
  const { rows } = await client.query(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  const failed = rows.find((row) => row.finished_at === null);
  if (failed !== undefined) {
    throw new Error(
      `migration ${failed.migration_name} was begun by another tool and never finished: repair it with "prisma migrate resolve"`,
    );
  }
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

/**
 * @param {Migration[]} migrations
 * @param {Map<string, string>} applied
 * @returns {Migration[]} those still to apply
 */
function checkAgainstLedger(migrations, applied) {
  const known = new Set(migrations.map(({ name }) => name));
  const missing = [...applied.keys()].find((name) => !known.has(name));
  if (missing !== undefined) {
    throw new Error(
      `the database has migration ${missing}, which this version does not: it was used by a newer version`,
    );
  }
  for (const { name, checksum } of migrations) {
    const recorded = applied.get(name);
    if (recorded !== undefined && recorded !== checksum) {
      throw new Error(
        `migration ${name} was changed after it had been applied (database: ${recorded.slice(0, 12)}…, file: ${checksum.slice(0, 12)}…): ` +
          'restore the file and put the change into a new migration',
      );
    }
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

/** @param {pg.Client} client @param {Migration} migration */
async function apply(client, { name, sql, checksum }) {
  const startedAt = new Date();
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, $4, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name, startedAt],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    const { message, position } = /** @type {{ message: string, position?: string }} */ (error);
    const line = position === undefined ? '' : ` (line ${sql.slice(0, Number(position)).split('\n').length})`;
    throw new Error(`migration ${name} failed and was rolled back: ${message}${line}`, { cause: error });
  }
}

async function main() {
  const databaseUrl = process.env.DATABASE_URL;
  if (!databaseUrl) throw new Error('set DATABASE_URL to the database that should be migrated');
  const applied = await migrate(databaseUrl, { log: console.log });
  console.log(applied.length === 0 ? 'nothing to migrate' : `${applied.length} migrations applied`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
