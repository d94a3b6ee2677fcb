// One throw-away PostgreSQL for a whole test run, with a migrated template that each test database is copied from.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../migrate.mjs';
import { startPostgres } from '../postgres/start-postgres.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser URL of the test server's database `postgres`. */
    testServerUrl: string;
  }
}

export const templateDatabase = 'tributary_template';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'tributary-test-'));
  // As root, the server runs as another user, who must be able to pass through.
  chmodSync(dataDir, 0o711);
  const server = await startPostgres({ dataDir, durable: false });
  const remove = () => {
    for (const dir of [dataDir, server.clusterDir]) rmSync(dir, { recursive: true, force: true });
  };
  const adminUrl = withDatabase(server.url, 'postgres');
  try {
    await makeTemplate(adminUrl);
  } catch (error) {
    await server.stop();
    remove();
    throw error;
  }
  process.env.TRIBUTARY_TEST_SERVER_URL = adminUrl;
  project.provide('testServerUrl', adminUrl);
  return async () => {
    await server.stop();
    remove();
  };
}

async function makeTemplate(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE ${templateDatabase}`);
    await migrate(withDatabase(adminUrl, templateDatabase));
    // Nobody may connect to it any more, or copying it would fail now and then.
    await admin.query(`ALTER DATABASE ${templateDatabase} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true`);
  } finally {
    await admin.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
