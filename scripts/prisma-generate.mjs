// `prisma generate`, offline, and only when the schema changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = path.resolve(import.meta.dirname, '..');
const schema = path.join(root, 'prisma', 'schema.prisma');
const output = path.join(root, 'apps', 'engine', 'src', 'platform', 'generated');
const stamp = path.join(output, 'prisma.sha256');

/** @returns {boolean} whether it had to run */
export function generatePrismaClient() {
  const { version } = require('prisma/package.json');
  const hash = createHash('sha256').update(version).update(readFileSync(schema)).digest('hex');
  const current =
    existsSync(stamp) && existsSync(path.join(output, 'prisma', 'client.ts')) ? readFileSync(stamp, 'utf8').trim() : '';
  if (current === hash) return false;
  const cli = path.join(path.dirname(require.resolve('prisma/package.json')), 'build', 'index.js');
  const done = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
    cwd: root,
    encoding: 'utf8',
    env: offlineEnv(),
  });
  if (done.status !== 0) throw new Error(`prisma generate failed:\n${done.stdout}${done.stderr}`);
  mkdirSync(output, { recursive: true });
  writeFileSync(stamp, `${hash}\n`);
  return true;
}

function offlineEnv() {
  return {
    ...process.env,
    // Generating never asks the schema engine anything, but the CLI would download it.
    PRISMA_SCHEMA_ENGINE_BINARY: existsSync('/bin/true') ? '/bin/true' : '/usr/bin/true',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(generatePrismaClient() ? 'Prisma client generated' : 'Prisma client is up to date');
}
