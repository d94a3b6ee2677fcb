import { Worker } from 'node:worker_threads';
import type { LabJob } from './lab-job.ts';

const here = import.meta.url;

/** A draft may be large and payments many, but a worker must not take the engine's memory with it. */
const resourceLimits = { maxOldGenerationSizeMb: 768 };

/**
 * Starts the lab's thread: the file beside the bundle in production, the sources in development and tests. The worker
 * ends by itself; an error that it does not catch arrives as its `error` event.
 */
export function startLabWorker(job: LabJob): Worker {
  const file = here.endsWith('.ts') ? './from-sources.mjs' : './lab-worker.js';
  return new Worker(new URL(file, here), { workerData: job, resourceLimits, name: `lab ${job.task}` });
}
