import { setTimeout as sleep } from 'node:timers/promises';
import { findProcess, isAlive } from './identity.mjs';

/**
 * Asks, waits, then insists. Resolves when the process is gone.
 * @param {import('./identity.mjs').ProcessIdentity} identity
 * @param {{ signals?: NodeJS.Signals[], graceMs?: number }} [options] the last signal is sent when all others were ignored
 */
export async function stopProcess(identity, { signals = ['SIGTERM', 'SIGKILL'], graceMs = 10_000 } = {}) {
  for (const signal of signals) {
    if (!isAlive(identity)) return;
    send(identity.pid, signal);
    if (await isGoneWithin(identity, graceMs)) return;
  }
  if (isAlive(identity)) throw new Error(`process ${identity.pid} does not end; stop it by hand`);
}

/**
 * @param {import('./identity.mjs').ProcessIdentity} identity
 * @param {number} ms
 */
export async function isGoneWithin(identity, ms) {
  const deadline = Date.now() + ms;
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (findProcess(pid) !== undefined) throw error;
  }
}
