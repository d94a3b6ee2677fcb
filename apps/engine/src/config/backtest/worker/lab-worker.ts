import { parentPort, workerData } from 'node:worker_threads';
import type { LabJob, LabReply } from './lab-job.ts';
import { runBacktest } from './run-backtest.ts';

// The lab's thread: what takes long must not keep payments waiting. One job, then it ends.
const job = workerData as LabJob;
const reply = (message: LabReply) => parentPort?.postMessage(message);

await runBacktest(job);
reply({ done: true });
