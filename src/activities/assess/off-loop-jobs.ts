/** Runs a job of triage in a worker thread. */
import { runThread } from '../run-thread.js';
import type { RunAssessJob } from './assess-jobs.js';

export const runAssessJobOffLoop: RunAssessJob = (name, of, { signal }) =>
  runThread(new URL('./assess-thread.js', import.meta.url), { data: { name, of }, what: 'assessment', signal });
