// npm run verify [-- --wait SECONDS]: does the channel's ledger agree with the database on every payment?
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { verify } from './verify.ts';

const { values } = parseArgs({
  options: {
    wait: { type: 'string', default: '120' },
    data: { type: 'string', default: process.env.DATA_DIR ?? '.data' },
    'database-url': { type: 'string' },
    'sandbox-url': { type: 'string' },
  },
});

function embeddedUrl(): string {
  const file = path.join(values.data, 'postgres.json');
  if (!existsSync(file)) throw new Error(`${file} is not there: start the system first, or give --database-url`);
  const { password, port } = JSON.parse(readFileSync(file, 'utf8')) as { password: string; port: number };
  return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/tributary`;
}

function demoSandboxUrl(): string {
  const file = path.join(values.data, 'demo.json');
  return existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8')).sandboxUrl
    : `http://127.0.0.1:${process.env.SANDBOX_PORT ?? 4600}`;
}

const verdict = await verify({
  databaseUrl: values['database-url'] ?? process.env.DATABASE_URL ?? embeddedUrl(),
  sandboxUrl: values['sandbox-url'] ?? demoSandboxUrl(),
  waitMs: Number(values.wait) * 1000,
});
for (const { invariant, subject, seen } of verdict.violations)
  console.error(`VIOLATED ${invariant}: ${subject}: ${seen}`);
console.log(JSON.stringify({ ...verdict, violations: verdict.violations.length }));
process.exit(verdict.verdict === 'ok' ? 0 : 1);
