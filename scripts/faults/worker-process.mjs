// A worker of perennial as a child process: the real `startWorkers`, with hooks around activities that report to the parent
// and wait for it where it asks. It ends with its parent.
import { quietRuntime, startWorkers } from '../../dist/worker.js';
import { createGates } from './harness/gates.mjs';
import { createLoopMeter } from './harness/loop-meter.mjs';

const send = (message) => {
  if (process.connected) process.send(message, () => undefined);
};
const gates = createGates(send);
const meter = createLoopMeter(send);

async function start({ settings, arms }) {
  const { databaseUrl, temporalAddress: address, artifactDir, scratchDir, queue } = settings;
  gates.setArms(arms);
  quietRuntime('error');
  const workers = await startWorkers({
    databaseUrl,
    temporal: { address, namespace: 'default', connectionOptions: { address } },
    artifactDir,
    scratchDir,
    ...(queue === undefined ? {} : { queue }),
    sourceUrl: () => undefined,
    log: (line) => process.stderr.write(`${line}\n`),
    interceptors: gates.interceptors,
  });
  send({ type: 'ready' });
  await workers.ended;
}

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (message) => {
  if (message.type === 'start') {
    start(message).catch((error) => {
      process.stderr.write(`${error.stack ?? error}\n`);
      process.exit(1);
    });
  }
  if (message.type === 'arms') gates.setArms(message.arms);
  if (message.type === 'go') gates.go(message.holdId);
  if (message.type === 'meter') void meter.take(message);
});
