// The sandbox is a process of its own: one file, our packages inlined.
import { existsSync } from 'node:fs';
import { build } from 'esbuild';

const entry = 'testing/simulator/main.ts';

if (existsSync(entry)) {
  await build({
    entryPoints: [entry],
    outfile: 'dist/sandbox.js',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: true,
    logLevel: 'warning',
    // CommonJS packages inside an ES module still call require().
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
} else {
  console.log(`${entry} does not exist yet: dist/sandbox.js is not built`);
}
