/** The gateway as a process of its own: `node dist/gateway/main.js`, set up by the environment, ended by SIGTERM. */
import { PipelineError } from '../core/errors.js';
import { readEnv } from '../env.js';
import { createLocalStore } from '../storage/local-store.js';
import { type GatewaySettings, type RunningGateway, startGateway } from './gateway.js';

const PATIENCE_MS = 120_000;
const PAUSE_MS = 500;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Beyond loopback the tokens are counted first, and Postgres may start later than this process. */
async function startPatiently(settings: GatewaySettings): Promise<RunningGateway> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await startGateway(settings);
    } catch (error) {
      if (!(error instanceof PipelineError && error.retryable) || Date.now() > giveUpAt) throw error;
      if (isFirst) say('Postgres does not answer yet; waiting.');
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function main(): Promise<void> {
  const env = readEnv();
  if (env.databaseUrl === undefined) {
    throw new PipelineError('SPEC_INVALID', 'DATABASE_URL is not set: the gateway needs the registry.');
  }
  const { host, port, ratePerSec, bodyBytes, webhookSecrets } = env.gateway;
  const gateway = await startPatiently({
    databaseUrl: env.databaseUrl,
    temporal: env.temporal,
    artifacts: createLocalStore(env.artifactDir),
    host,
    port,
    webhookSecrets: webhookSecrets ?? null,
    limits: { ratePerSec, bodyBytes },
    log: say,
  });
  process.stdout.write(`perennial gateway ${process.pid} listens on ${gateway.url}\n`);
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) process.exit(130);
    isStopping = true;
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function fail(error: unknown): void {
  const code = error instanceof PipelineError ? `${error.code}: ` : '';
  say(`${code}${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

main().catch(fail);
