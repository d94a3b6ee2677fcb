import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @param {string} name
 * @param {string} url
 * @param {{ timeoutMs?: number, isStopping: () => boolean }} options
 */
export async function waitUntilReady(name, url, { timeoutMs = 90_000, isStopping }) {
  const deadline = Date.now() + timeoutMs;
  let problem = '';
  while (!isStopping()) {
    try {
      const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5_000) });
      await response.arrayBuffer();
      if (response.status < 400) return;
      problem = `HTTP ${response.status}`;
    } catch (error) {
      problem =
        error instanceof Error
          ? String(/** @type {{ message?: string }} */ (error.cause)?.message ?? error.message)
          : String(error);
    }
    if (Date.now() > deadline) throw new Error(`${name} is not ready after ${timeoutMs / 1000} s (${url}: ${problem})`);
    await sleep(50);
  }
}
