// npm test: everything that must pass. Installs what is missing, finds Redis and Chromium or gets them, runs every suite.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkNodeVersion, ensureInstalled } from './ensure-installed.mjs';
import { findChromium, findRedisServer } from './testing/find-program.mjs';

const root = path.resolve(import.meta.dirname, '..');
const ci = process.env.CI === 'true' || process.env.CI === '1';
const quiet = { NEXT_TELEMETRY_DISABLED: '1', TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
const env = { ...process.env, ...quiet };
const results = mkdtempSync(path.join(tmpdir(), 'tributary-results-'));
const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} what failed, told once more at the end, where whoever reads the log's tail finds it */
const failures = [];
const extraArgs = process.argv.slice(2);

checkNodeVersion();
ensureInstalled();
getPrograms();

step('check', process.execPath, ['scripts/check.mjs']);
suite('unit');
suite('db');
step('build', path.join(root, 'node_modules/.bin/turbo'), ['run', 'build', '--output-logs=errors-only']);
suite('e2e');

rmSync(results, { recursive: true, force: true });
if (total.passed === 0) fail('no test ran');
for (const failure of failures) console.error(`\nFAILED ${failure}`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed > 0 ? 1 : 0);

/** A part that passes or fails as a whole. @param {string} name @param {string} command @param {string[]} args */
function step(name, command, args) {
  console.log(`\n── ${name}`);
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env });
  if (done.status !== 0) fail(`${name} (its output is above)`);
}

/** Counts what no report counts, and has it told at the end. @param {string} what @param {number} [count] */
function fail(what, count = 1) {
  failures.push(what);
  total.failed += count;
}

/** One vitest project; its tests are counted. @param {string} project */
function suite(project) {
  console.log(`\n── ${project} tests`);
  const file = path.join(results, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const done = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters, ...extraArgs],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env,
    },
  );
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  for (const { name: absolute, status, message, assertionResults } of report?.testResults ?? []) {
    const name = path.relative(root, absolute);
    if (status === 'failed' && message) failures.push(`${name}\n${message.slice(0, 2000)}`);
    for (const test of assertionResults) {
      if (test.status !== 'failed') continue;
      failures.push(`${name} › ${test.fullName}\n${test.failureMessages.join('\n').slice(0, 2000)}`);
    }
  }
  total.passed += report?.numPassedTests ?? 0;
  total.failed += report?.numFailedTests ?? 0;
  const skipped = report?.numPendingTests ?? 0;
  if (skipped > 0 && ci) fail(`${skipped} ${project} tests were skipped, which counts as a failure in CI`, skipped);
  else total.skipped += skipped;
  if (done.status !== 0 && !report?.numFailedTests)
    fail(`${project}: errors outside of tests, or the suite did not run to its end (its output is above)`);
}

/** A real Redis and a real Chromium; installed with apt where we may, else skipped loudly. */
function getPrograms() {
  const missing = [];
  if (!process.env.REDIS_URL && !findRedisServer()) missing.push('redis-server');
  if (!findChromium()) missing.push('chromium', 'fonts-noto-cjk');
  if (missing.length === 0) return;
  const isDebian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (isDebian) {
    console.log(`Installing with apt: ${missing.join(' ')} …`);
    /** @param {string[]} args */
    const apt = (...args) =>
      spawnSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', ...missing);
  }
  if ((process.env.REDIS_URL || findRedisServer()) && findChromium()) return;
  console.error(
    `\n!!! ${missing.join(', ')} not found: the suites that need them are SKIPPED.\n!!! Install them, or set REDIS_URL and CHROMIUM_PATH.\n`,
  );
}
