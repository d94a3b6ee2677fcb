import { parentPort, workerData } from 'node:worker_threads';
import type { LabJob } from './lab-job.ts';
import { runBacktest } from './run-backtest.ts';
import { runOracle } from './run-oracle.ts';

// The lab's thread: what takes long must not keep payments waiting. One job, then it ends.
const job = workerData as LabJob;

if (job.task === 'backtest') await runBacktest(job);
else parentPort?.postMessage(await runOracle(job));
