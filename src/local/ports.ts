/** Free TCP ports on the loopback interface, for services whose port nobody has chosen. */
import { createServer } from 'node:net';
import { PipelineError } from '../core/errors.js';

const HOST = '127.0.0.1';

/** Binds `port` (0 = any) for an instant; the port bound, or undefined when it is taken or not allowed. */
function tryBind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: HOST }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}

/** A port that was free a moment ago. The caller must still expect that someone else takes it first. */
async function freePort(): Promise<number> {
  const port = await tryBind(0);
  if (port === undefined)
    throw new PipelineError('PORT_TAKEN', `No free port on ${HOST}: close some of the servers that run there.`);
  return port;
}

/**
 * The port to use: `wanted` must be free (PORT_TAKEN otherwise), `preferred` is taken when it is free, else any.
 */
export async function choosePort(options: {
  readonly service: string;
  readonly wanted?: number | undefined;
  readonly preferred?: number | undefined;
}): Promise<number> {
  const { service, wanted, preferred } = options;
  if (wanted !== undefined && wanted !== 0) {
    if ((await tryBind(wanted)) !== undefined) return wanted;
    throw new PipelineError(
      'PORT_TAKEN',
      `${service} cannot use port ${wanted} on ${HOST}: another process listens there. Stop it or choose another port.`,
      { details: { service, port: wanted } },
    );
  }
  if (preferred !== undefined && (await tryBind(preferred)) !== undefined) return preferred;
  return freePort();
}
