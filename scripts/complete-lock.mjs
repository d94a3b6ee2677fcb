// `npm install` leaves packages for other platforms out of package-lock.json when the registry it asked did not have
// them, and then `npm ci` refuses the lock on every machine. Run this after each `npm install` (`npm run lock` does
// both): it adds the missing optional platform packages, with the exact version their parent wants.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const file = path.resolve(import.meta.dirname, '../package-lock.json');

/** @typedef {{ version?: string, dev?: boolean, devOptional?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[], optionalDependencies?: Record<string, string> }} LockEntry */

/** What package names call an operating system or a processor, and what Node calls it. */
const systems = {
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  openharmony: 'openharmony',
  win32: 'win32',
  windows: 'win32',
};
const processors = {
  x64: 'x64',
  64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
};

const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = complete(lock.packages);
if (added.length > 0) {
  const [root, ...others] = Object.entries(lock.packages);
  const sorted = others.sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(root ? [root, ...sorted] : sorted);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(
  added.length === 0 ? 'package-lock.json is complete' : `added to package-lock.json:\n  ${added.join('\n  ')}`,
);

/** @param {Record<string, LockEntry>} packages @returns {string[]} */
function complete(packages) {
  const names = [];
  for (const [place, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      if (platform === undefined || !/^\d+\.\d+\.\d+/.test(version) || isResolved(packages, place, name)) continue;
      const flags = entry.dev ? { dev: true } : entry.devOptional ? { devOptional: true } : {};
      packages[`node_modules/${name}`] = { version, ...flags, optional: true, ...platform };
      names.push(`${name}@${version}`);
    }
  }
  return names;
}

/** @param {Record<string, LockEntry>} packages @param {string} place @param {string} name */
function isResolved(packages, place, name) {
  for (let folder = place; ; folder = folder.replace(/\/?(node_modules\/)?(@[^/]+\/)?[^/]+$/, '')) {
    if (packages[path.posix.join(folder, 'node_modules', name)] !== undefined) return true;
    if (folder === '') return false;
  }
}

/** @param {string} name */
function platformOf(name) {
  const words = name.replace(/^.*\//, '').split('-');
  // A WebAssembly build runs on no processor of its own: npm never installs it by itself, but asks for its entry.
  if (words.includes('wasm32')) return { cpu: ['wasm32'] };
  const os = words.map((word) => systems[/** @type {keyof typeof systems} */ (word)]).find(Boolean);
  const cpu = words.map((word) => processors[/** @type {keyof typeof processors} */ (word)]).find(Boolean);
  if (os === undefined || cpu === undefined) return undefined;
  if (os !== 'linux') return { os: [os], cpu: [cpu] };
  return { os: [os], cpu: [cpu], libc: [words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc'] };
}
