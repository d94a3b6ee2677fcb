// Runs before anything is installed: only Node's own modules may be imported here.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const lockFile = path.join(root, 'package-lock.json');
/** Hash of the lock that was installed last. */
const stampFile = path.join(root, 'node_modules', '.tributary-lock');
const minimum = { major: 20, minor: 19 };

export function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > minimum.major || (major === minimum.major && minor >= minimum.minor)) return;
  console.error(
    `Tributary needs Node.js ${minimum.major}.${minimum.minor} or newer; this is ${process.versions.node} (${process.execPath}).`,
  );
  process.exit(1);
}

/** Runs `npm ci` when node_modules is missing or is not what package-lock.json says. */
export function ensureInstalled() {
  const reason = whyInstall();
  if (reason === undefined) return;
  console.log(`Installing packages (${reason}) …`);
  // Development packages are part of it even where NODE_ENV=production: the build tools are among them.
  const done = spawnSync(npmCommand(), ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    console.error('npm ci failed; see its messages above.');
    process.exit(1);
  }
  writeFileSync(stampFile, lockHash());
}

/** @returns {string | undefined} undefined when everything is there */
function whyInstall() {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash()) return undefined;
  // Somebody may have run npm themselves: then what is there decides.
  const wanted = readPackages(lockFile);
  // npm writes this list last, so a half finished install has none.
  const installed = readPackages(path.join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'first start';
  for (const [place, { version, optional, peer, link }] of Object.entries(wanted ?? {})) {
    if (!place.startsWith('node_modules/') && !place.includes('/node_modules/')) continue;
    const present = installed[place];
    if (present === undefined) {
      // Packages for other platforms, and peers nobody needs, are left out on purpose.
      if (optional || peer || link) continue;
      return `${place.replace(/^.*node_modules\//, '')} is missing`;
    }
    if (present.version !== version) return `${place.replace(/^.*node_modules\//, '')} is not ${version}`;
  }
  return undefined;
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean, peer?: boolean, link?: boolean }> | undefined}
 */
function readPackages(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

function npmCommand() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}
