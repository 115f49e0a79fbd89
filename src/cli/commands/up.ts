/** `perennial up`: the platform of one machine, all workers and the gateway in this process, until it is told to stop. */
import type { Command } from 'commander';
import { readEnv } from '../../env.js';
import type { Platform } from '../../local/platform.js';
import type { CliContext } from '../context.js';
import { type PlatformWithWorkers, startPlatformAndWorkers, stopSignal } from '../platform-with-workers.js';
import { fields } from '../table.js';

function announce(platform: Platform, gatewayUrl: string): string {
  return fields([
    ['Temporal', platform.temporalAddress],
    ['Web UI', platform.uiUrl],
    ['gateway', `${gatewayUrl} (a token: perennial token create NAME --role signal --all)`],
    [
      'Postgres',
      platform.postgres === undefined ? 'your own (DATABASE_URL)' : `embedded, port ${platform.postgres.port}`,
    ],
    ['stop', 'Ctrl-C'],
  ]);
}

async function up({ io }: CliContext): Promise<void> {
  let platform: PlatformWithWorkers | undefined;
  // At the second signal: the servers notice the end of their owner by themselves; the data is safe.
  const stop = stopSignal(() => process.exit(130));
  try {
    io.err('Starting Postgres and Temporal ...');
    platform = await startPlatformAndWorkers(readEnv(), (line) => io.err(line));
    io.out(`${announce(platform.facts, platform.gatewayUrl)}\nperennial is up.`);
    const ended = await Promise.race([stop.asked, platform.failed]);
    io.err(`Stopping (${ended}): finishing what is at hand; once more to stop at once.`);
  } finally {
    await platform?.stop();
    stop.release();
  }
  io.out('perennial is down; its data stays.');
}

export function addUp(program: Command, context: CliContext): void {
  program
    .command('up')
    .description('start Postgres, Temporal, the workers and the gateway here, and stay until Ctrl-C')
    .option('--verbose', 'show where an error happened')
    .action(() => up(context));
}
