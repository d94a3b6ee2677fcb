import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/**
 * @param {string[]} names the first that is on PATH wins
 * @returns {string | undefined}
 */
export function findProgram(...names) {
  for (const name of names) {
    for (const dir of (process.env.PATH ?? '').split(path.delimiter)) {
      const file = path.join(dir, name);
      try {
        accessSync(file, constants.X_OK);
        if (statSync(file).isFile()) return file;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

/** @returns {string | undefined} path of a Chromium: CHROMIUM_PATH, else the first on PATH */
export function findChromium() {
  return (
    process.env.CHROMIUM_PATH || findProgram('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome')
  );
}

/** @returns {string | undefined} path of a redis-server (or valkey-server) on PATH */
export function findRedisServer() {
  return findProgram('redis-server', 'valkey-server');
}
