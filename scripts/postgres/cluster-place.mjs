// Where the cluster lives and how to get in: DATA_DIR/postgres.json, readable by its owner only.
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { systemDir } from './native-files.mjs';
import { canReach, chooseServerUser } from './server-user.mjs';

/**
 * @typedef {object} ClusterPlace
 * @property {string} clusterDir PostgreSQL's own data folder
 * @property {string} password of the superuser
 * @property {number} [port] last used
 */

/**
 * @param {string} dataDir
 * @returns {ClusterPlace}
 */
export function findOrChoosePlace(dataDir) {
  mkdirSync(dataDir, { recursive: true });
  const recorded = readPlace(dataDir);
  if (recorded !== undefined) return recorded;
  const clusterDir = choosePlace(dataDir);
  if (existsSync(clusterDir)) {
    // Its password went with the lost postgres.json. Payments may be in there: never delete, never guess.
    const aside = `${clusterDir}.left-${new Date().toISOString().replace(/[^0-9]/g, '')}`;
    renameSync(clusterDir, aside);
    console.log(`a database without its postgres.json was moved to ${aside}`);
  }
  const place = { clusterDir, password: randomBytes(24).toString('base64url') };
  recordPlace(dataDir, place);
  return place;
}

/** @param {string} dataDir @param {ClusterPlace} place */
export function recordPlace(dataDir, place) {
  const file = placeFile(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(place, null, 2)}\n`, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  if (process.getuid?.() === 0) {
    // One start as root must not lock the folder's owner out.
    const { uid, gid } = statSync(dataDir);
    chownSync(`${file}.new`, uid, gid);
  }
  renameSync(`${file}.new`, file);
}

/** @param {string} dataDir @returns {ClusterPlace | undefined} */
function readPlace(dataDir) {
  const file = placeFile(dataDir);
  if (!existsSync(file)) return undefined;
  const place = JSON.parse(readFileSync(file, 'utf8'));
  // A data folder that was moved or copied takes its cluster along, unless that lives outside.
  const inside = path.join(path.resolve(dataDir), 'postgres');
  return !existsSync(place.clusterDir) && existsSync(inside) ? { ...place, clusterDir: inside } : place;
}

/** @param {string} dataDir */
function choosePlace(dataDir) {
  const inside = path.join(path.resolve(dataDir), 'postgres');
  const user = chooseServerUser(inside);
  if (user === undefined || reachable(path.resolve(dataDir), user)) return inside;
  mkdirSync(systemDir, { recursive: true, mode: 0o755 });
  return path.join(systemDir, createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 16));
}

/** @param {string} dataDir @param {import('./server-user.mjs').ServerUser} user */
function reachable(dataDir, user) {
  const probe = path.join(dataDir, `.probe-${process.pid}`);
  mkdirSync(probe, { recursive: true, mode: 0o700 });
  try {
    chownSync(probe, user.uid, user.gid);
    return canReach(probe, 'w', user);
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/** @param {string} dataDir */
function placeFile(dataDir) {
  return path.join(dataDir, 'postgres.json');
}
