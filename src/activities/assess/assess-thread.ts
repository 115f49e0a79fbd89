/** The thread side of off-loop-jobs.ts: runs one job, replies once. */
import { parentPort, workerData } from 'node:worker_threads';
import { replyOf } from '../run-thread.js';
import { ASSESS_JOBS, type AssessJobs } from './assess-jobs.js';

const { name, of } = workerData as { name: keyof AssessJobs; of: never };
parentPort?.postMessage(await replyOf<unknown>(() => ASSESS_JOBS[name](of)));
