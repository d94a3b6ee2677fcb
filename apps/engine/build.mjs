// One file per process, our packages inlined. What can't be bundled stays in node_modules.
import { existsSync } from 'node:fs';
import { build } from 'esbuild';

const entryPoints = {
  main: 'src/main.ts',
  seed: '../../prisma/seed/demo.ts',
  // A thread of the engine, started from the file beside main.js.
  'lab-worker': 'src/config/backtest/worker/lab-worker.ts',
};

// Native, optional, or loading files from their own folder at run time.
const external = [
  'pg-native',
  '@prisma/client',
  '@prisma/client/*',
  'bullmq',
  'pino',
  'thread-stream',
  'unleash-client',
];

for (const [name, entry] of Object.entries(entryPoints)) {
  if (!existsSync(entry)) {
    console.log(`${entry} does not exist yet: dist/${name}.js is not built`);
    continue;
  }
  await build({
    entryPoints: [entry],
    outfile: `dist/${name}.js`,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: true,
    external,
    logLevel: 'warning',
    // CommonJS packages inside an ES module still call require().
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
}
