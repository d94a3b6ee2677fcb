// PostgreSQL refuses to run as root. When we are root, it runs as an ordinary user instead.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';

/** @typedef {{ uid: number, gid: number }} ServerUser */

const nobody = 65_534;

/**
 * @param {string} [clusterDir] an existing cluster keeps its owner
 * @returns {ServerUser | undefined} undefined: run as ourselves
 */
export function chooseServerUser(clusterDir) {
  if (process.getuid?.() !== 0) return undefined;
  if (clusterDir !== undefined && existsSync(clusterDir)) {
    const { uid, gid } = statSync(clusterDir);
    if (uid !== 0) return { uid, gid };
  }
  return findUser('postgres') ?? { uid: nobody, gid: nobody };
}

/**
 * Asks the system, rather than adding up permission bits ourselves.
 * @param {string} path
 * @param {'r' | 'w' | 'x'} right
 * @param {ServerUser | undefined} user
 */
export function canReach(path, right, user) {
  const asUser = user === undefined ? {} : user;
  return (
    spawnSync('/bin/sh', ['-c', `test -${right} "$1"`, 'sh', path], { cwd: '/', stdio: 'ignore', ...asUser }).status ===
    0
  );
}

/** @param {string} name @returns {ServerUser | undefined} */
function findUser(name) {
  try {
    const fields = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':');
    const uid = Number(fields?.[2]);
    const gid = Number(fields?.[3]);
    return uid > 0 && gid > 0 ? { uid, gid } : undefined;
  } catch {
    return undefined;
  }
}
