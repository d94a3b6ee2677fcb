// Is a server still running on this cluster? Answers from postmaster.pid, without believing it blindly.
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandOf, findProcess } from '../process/identity.mjs';
import { stopProcess } from '../process/stop-process.mjs';

// Above every system's largest process id, so surely nobody's.
const noProcess = 4_194_305;

/**
 * Stops a server that an earlier, killed start left behind. A pid file that points to somebody else's process is
 * disarmed rather than deleted: PostgreSQL itself still reads from it which shared memory must be free.
 * @param {string} clusterDir
 */
export async function stopLeftover(clusterDir) {
  const file = path.join(clusterDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  const found = findProcess(pid);
  if (found === undefined) return;
  if (!servesCluster(pid, clusterDir)) {
    writeFileSync(file, [String(noProcess), ...lines.slice(1)].join('\n'));
    return;
  }
  await stopProcess(found, { signals: ['SIGINT', 'SIGQUIT', 'SIGKILL'], graceMs: 15_000 });
}

/** @param {number} pid @param {string} clusterDir */
function servesCluster(pid, clusterDir) {
  const command = commandOf(pid);
  if (!/postgres/.test(command)) return false;
  if (command.includes(clusterDir)) return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === clusterDir;
  } catch {
    return false;
  }
}
