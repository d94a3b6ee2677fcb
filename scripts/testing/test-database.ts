import { randomUUID } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  url: string;
  drop: () => Promise<void>;
}

/**
 * A database of its own for one test file, already migrated: a copy of the template takes some 50 ms.
 * Works in the vitest projects `db` and `e2e`, whose global setup starts the server.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env.TRIBUTARY_TEST_SERVER_URL;
  if (serverUrl === undefined) {
    throw new Error('no test server: name the file *.db.test.ts, so that it runs in the vitest project "db"');
  }
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE tributary_template`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function onServer(serverUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
