// npm run bench: every benchmark of package.json, one after the other.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const { scripts } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
let failed = 0;
for (const name of Object.keys(scripts).filter((one) => one.startsWith('bench:'))) {
  console.log(`── ${name}`);
  const done = spawnSync('npm', ['run', '--silent', name], { stdio: 'inherit' });
  if (done.status !== 0) failed++;
}
process.exit(failed);
