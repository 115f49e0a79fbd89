/** `perennial up`: the platform of one machine and all workers in this process, until it is told to stop. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Env, readEnv, readVariable } from '../../env.js';
import { type Platform, startPlatform } from '../../local/platform.js';
import type { CliContext } from '../context.js';
import { fields } from '../table.js';

interface Stop {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly asked: Promise<NodeJS.Signals>;
  release(): void;
}

/** Taken before anything starts, so that no signal finds the servers without somebody to stop them. */
function stopSignal(onImpatience: () => void): Stop {
  let isAsked = false;
  let resolveAsked: (signal: NodeJS.Signals) => void = () => undefined;
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    resolveAsked = resolve;
  });
  const listener = (signal: NodeJS.Signals): void => {
    if (isAsked) onImpatience();
    isAsked = true;
    resolveAsked(signal);
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return {
    asked,
    release: () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    },
  };
}

function announce(platform: Platform): string {
  return fields([
    ['Temporal', platform.temporalAddress],
    ['Web UI', platform.uiUrl],
    [
      'Postgres',
      platform.postgres === undefined ? 'your own (DATABASE_URL)' : `embedded, port ${platform.postgres.port}`,
    ],
    ['stop', 'Ctrl-C'],
  ]);
}

async function runWorkers(
  env: Env,
  platform: Platform,
  { io, stop }: { io: CliContext['io']; stop: Stop },
): Promise<void> {
  // Temporal's native runtime is loaded here and by nothing else of the command line.
  const { startWorkers } = await import('../../worker.js');
  const { connectionOptions, namespace } = env.temporal;
  const address = platform.temporalAddress;
  const workers = await startWorkers({
    databaseUrl: platform.databaseUrl,
    temporal: { address, namespace, connectionOptions: { ...connectionOptions, address } },
    artifactDir: env.artifactDir,
    scratchDir: join(env.stateDir, 'scratch'),
    deployment:
      env.deploymentName === undefined || env.buildId === undefined
        ? null
        : { deploymentName: env.deploymentName, buildId: env.buildId },
    sourceUrl: (name) => (name === 'DATABASE_URL' ? platform.databaseUrl : readVariable(name)),
    log: (line) => io.err(line),
  });
  io.out(`${announce(platform)}\nperennial is up.`);
  const ended = await Promise.race([stop.asked, workers.ended.then(() => 'the workers ended by themselves')]);
  io.err(`Stopping (${ended}): finishing what is at hand; once more to stop at once.`);
  await workers.stop();
}

async function up({ io }: CliContext): Promise<void> {
  const env = readEnv();
  let platform: Platform | undefined;
  const stop = stopSignal(() => {
    // The servers notice the end of their owner by themselves; the data is safe.
    process.exit(130);
  });
  try {
    io.err('Starting Postgres and Temporal ...');
    platform = await startPlatform(env);
    await runWorkers(env, platform, { io, stop });
  } finally {
    await platform?.stop();
    stop.release();
  }
  io.out('perennial is down; its data stays.');
}

export function addUp(program: Command, context: CliContext): void {
  program
    .command('up')
    .description('start Postgres, Temporal and the workers here, and stay until Ctrl-C')
    .option('--verbose', 'show where an error happened')
    .action(() => up(context));
}
