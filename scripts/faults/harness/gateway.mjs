// The gateway under test, seen from the parent: a process on a port that stays its own, to be killed and started again.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../../dist/gateway/main.js', import.meta.url));

/** A port that was free a moment ago. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function createGateway({ dir, databaseUrl, temporalAddress }) {
  const crashes = [];
  let child = null;
  let exited = null;
  let port = 0;
  let isWanted = false;

  const start = async () => {
    port ||= await freePort();
    isWanted = true;
    const log = [];
    const mine = spawn(process.execPath, [ENTRY], {
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporalAddress,
        PERENNIAL_STATE_DIR: dir,
        PERENNIAL_GATEWAY_PORT: String(port),
        PERENNIAL_GATEWAY_RATE: '1000000',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = mine;
    createInterface({ input: mine.stderr }).on('line', (line) => log.splice(0, log.push(line.slice(0, 500)) - 20));
    exited = new Promise((resolve) => mine.once('exit', (code, signal) => resolve(signal ?? code)));
    void exited.then((how) => {
      if (isWanted && child === mine) crashes.push(`gateway ${mine.pid} ended by itself (${how}): ${log.join(' | ')}`);
    });
    await new Promise((resolve, reject) => {
      createInterface({ input: mine.stdout }).on('line', (line) => line.includes('listens on') && resolve());
      void exited.then((how) => reject(new Error(`the gateway ended with ${how}: ${log.join(' | ')}`)));
    });
  };
  return {
    /** Ends of the process that nobody asked for, with the last lines of its log. */
    crashes,
    start,
    kill: async () => {
      isWanted = false;
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await exited;
    },
    get url() {
      return `http://127.0.0.1:${port}`;
    },
  };
}
