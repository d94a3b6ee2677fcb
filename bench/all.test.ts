import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

/** Not run by themselves: parts of others. */
const parts = ['all.ts'];

it('every benchmark can be run by its name, and so by npm run bench', () => {
  const { scripts } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = Object.entries(scripts).flatMap(([name, command]) =>
    name.startsWith('bench:') ? [/bench\/([\w-]+\.ts)$/.exec(command)?.[1]] : [],
  );
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  expect(files.filter((file) => !parts.includes(file) && !named.includes(file))).toEqual([]);
});
