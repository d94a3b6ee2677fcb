// DATA_DIR/processes.json says who runs on this data folder. After a `kill -9` of the starter it leads to its orphans.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProcess, isAlive } from '../process/identity.mjs';
import { stopProcess } from '../process/stop-process.mjs';

/** @typedef {import('../process/identity.mjs').ProcessIdentity} ProcessIdentity */
/** @typedef {{ starter?: ProcessIdentity | undefined, children: Record<string, ProcessIdentity> }} RunRecord */

/**
 * Stops what an earlier, killed start left running; refuses when that start is alive.
 * @param {string} dataDir
 */
export async function claimDataDir(dataDir) {
  mkdirSync(dataDir, { recursive: true });
  const { starter, children } = read(dataDir);
  if (starter !== undefined && starter.pid !== process.pid && isAlive(starter)) {
    console.error(
      `Tributary already runs on ${dataDir} (process ${starter.pid}): stop it first, or choose another folder with DATA_DIR=<folder> npm start`,
    );
    process.exit(1);
  }
  const orphans = Object.entries(children).filter(([, identity]) => isAlive(identity));
  if (orphans.length > 0)
    console.log(`Stopping what an earlier start left running: ${orphans.map(([name]) => name).join(', ')} …`);
  await Promise.all(orphans.map(([, identity]) => stopProcess(identity)));
  write(dataDir, { starter: findProcess(process.pid), children: {} });
}

/**
 * @param {string} dataDir
 * @param {string} name
 * @param {number | undefined} pid
 */
export function recordChild(dataDir, name, pid) {
  const identity = findProcess(pid ?? 0);
  if (identity === undefined) return;
  const { starter, children } = read(dataDir);
  write(dataDir, { starter, children: { ...children, [name]: identity } });
}

/** @param {string} dataDir */
export function releaseDataDir(dataDir) {
  rmSync(fileIn(dataDir), { force: true });
}

/** @param {string} dataDir @returns {RunRecord} */
function read(dataDir) {
  if (!existsSync(fileIn(dataDir))) return { children: {} };
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), 'utf8'));
  } catch {
    return { children: {} };
  }
}

/** @param {string} dataDir @param {RunRecord} record */
function write(dataDir, record) {
  writeFileSync(`${fileIn(dataDir)}.new`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${fileIn(dataDir)}.new`, fileIn(dataDir));
}

/** @param {string} dataDir */
function fileIn(dataDir) {
  return path.join(dataDir, 'processes.json');
}
