// npm run bench: every benchmark, one after the other.
import { spawnSync } from 'node:child_process';

let failed = 0;
for (const name of ['backtest', 'engine', 'limits', 'facts', 'lists']) {
  console.log(`── bench:${name}`);
  const done = spawnSync('npm', ['run', '--silent', `bench:${name}`], { stdio: 'inherit' });
  if (done.status !== 0) failed++;
}
process.exit(failed);
