// npm run check: lint and format, types, import directions, shape, unused code.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';

const root = path.resolve(import.meta.dirname, '..');
ensureInstalled();

/** @param {string} name */
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const folders = ['apps', 'packages', 'prisma/seed', 'chaos', 'bench', 'scripts', 'e2e'].filter((folder) =>
  existsSync(path.join(root, folder)),
);

/** @type {[string, string, string[], ((output: string) => string | undefined)?][]} */
const steps = [
  ['generate', process.execPath, ['scripts/prisma-generate.mjs']],
  ['biome', bin('biome'), ['ci', '.']],
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['types of the console', bin('tsc'), ['-p', 'apps/console/tsconfig.json']],
  [
    'import directions',
    bin('depcruise'),
    ['--config', '.dependency-cruiser.cjs', ...folders, '--output-type', 'err'],
    // A parser that sees nothing finds no violation either.
    (output) =>
      Number(/(\d+) modules/.exec(output)?.[1] ?? 0) < 100
        ? 'fewer than 100 modules were read: the parser is blind'
        : undefined,
  ],
  ['imports of the console', process.execPath, ['scripts/check-console-imports.mjs']],
  ['shape', process.execPath, ['scripts/check-shape.mjs']],
  ['unused code', bin('knip'), ['--no-progress']],
];

let failed = 0;
for (const [name, command, args, extra] of steps) {
  const started = performance.now();
  const done = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  const output = `${done.stdout}${done.stderr}`;
  const problem = done.status === 0 ? extra?.(output) : (done.error?.message ?? `exit ${done.status}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${problem ? '✗' : '✓'} ${name} (${seconds} s)`);
  if (problem) {
    failed++;
    console.error(output.slice(-8000));
    console.error(`${name}: ${problem}`);
  }
}
process.exit(failed > 0 ? 1 : 0);
