// Starts children, restarts the ones that die, stops all of them.
import { spawn } from 'node:child_process';
import { closeSync, createWriteStream, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProcess, isAlive } from '../process/identity.mjs';
import { stopProcess } from '../process/stop-process.mjs';
import { recordChild } from './leftovers.mjs';
import { logTail } from './log-tail.mjs';

const crashLimit = 5;
const crashWindowMs = 60_000;
const graceMs = 10_000;

/**
 * @typedef {object} Program
 * @property {string[]} args of node
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 */

/**
 * @param {object} options
 * @param {string} options.dataDir
 * @param {boolean} options.verbose
 * @param {(reason: string) => void} options.giveUp called when a child can't be kept running
 */
export function createSupervisor({ dataDir, verbose, giveUp }) {
  /** @type {Map<string, import('node:child_process').ChildProcess>} */
  const children = new Map();
  /** @type {Map<string, number[]>} */
  const crashes = new Map();
  let stopping = false;
  mkdirSync(path.join(dataDir, 'logs'), { recursive: true });

  /** @param {string} name */
  const logFile = (name) => path.join(dataDir, 'logs', `${name}.log`);

  /** @param {string} name @param {Program} program */
  function launch(name, { args, cwd, env }) {
    const log = openSync(logFile(name), 'a');
    const output = verbose ? 'pipe' : log;
    // A session of its own: Ctrl-C must reach only the starter, which then stops everything in order. The pipe on stdin
    // tells the child when the starter is gone.
    const child = spawn(process.execPath, args, { cwd, env, detached: true, stdio: ['pipe', output, output] });
    closeSync(log);
    child.stdin?.on('error', () => {});
    if (verbose) {
      const file = createWriteStream(logFile(name), { flags: 'a' });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.pipe(file, { end: false });
        stream?.pipe(process.stderr, { end: false });
      }
    }
    children.set(name, child);
    recordChild(dataDir, name, child.pid);
    return child;
  }

  /**
   * @param {string} name
   * @returns {number | undefined} how long to wait before the next try; undefined: give up
   */
  function backOff(name) {
    const recent = (crashes.get(name) ?? []).filter((at) => at > Date.now() - crashWindowMs);
    recent.push(Date.now());
    crashes.set(name, recent);
    return recent.length >= crashLimit ? undefined : 250 * 2 ** recent.length;
  }

  /** @param {string} name @param {Program} program */
  function keepRunning(name, program) {
    if (stopping) return;
    const child = launch(name, program);
    child.once('error', (error) => giveUp(`${name} can't be started: ${error.message}`));
    child.once('exit', async (code, signal) => {
      children.delete(name);
      if (stopping) return;
      const waitMs = backOff(name);
      if (waitMs === undefined) {
        giveUp(
          `${name} crashed ${crashLimit} times within a minute; the end of ${logFile(name)}:\n${logTail(logFile(name))}`,
        );
        return;
      }
      console.error(`${name} ended unexpectedly (${signal ?? `exit code ${code}`}); starting it again in ${waitMs} ms`);
      await sleep(waitMs);
      if (!stopping) keepRunning(name, program);
    });
  }

  /**
   * A step that must succeed.
   * @param {string} name
   * @param {Program} program
   */
  async function runOnce(name, program) {
    if (stopping) return;
    const child = launch(name, program);
    child.stdin?.end();
    const code = await new Promise((resolve) => child.once('error', () => resolve(-1)).once('close', resolve));
    children.delete(name);
    if (code !== 0 && !stopping)
      throw new Error(`${name} failed; the end of ${logFile(name)}:\n${logTail(logFile(name))}`);
  }

  /** @param {string} name */
  async function stop(name) {
    const child = children.get(name);
    const identity = findProcess(child?.pid ?? 0);
    if (child === undefined || identity === undefined) return;
    await stopProcess(identity, { graceMs });
  }

  /** @param {string[][]} order names that stop together, group by group; the rest at last */
  async function stopAll(order) {
    stopping = true;
    for (const names of [...order, [...children.keys()]]) await Promise.all(names.map(stop));
  }

  function killAll() {
    stopping = true;
    for (const { pid } of children.values()) {
      if (pid !== undefined && isAlive(findProcess(pid))) process.kill(-pid, 'SIGKILL');
    }
  }

  return { keepRunning, runOnce, stopAll, killAll, backOff, isStopping: () => stopping };
}
