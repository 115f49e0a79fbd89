/**
 * Temporal for a process that must work without it: nothing is connected until somebody asks, a failure is forgotten by the
 * next one who asks, and whether it answers now is a question of a second and a half.
 */
import { Client, Connection } from '@temporalio/client';
import { type ClientSettings, connectClient, type PerennialClient } from '../client.js';

const PROBE_MS = 1_500;
/** Anybody may ask for the state: one probe answers all who ask in this time. */
const PROBE_KEPT_MS = 2_000;

export interface TemporalDoor {
  /** Calls on it fail while the server is away, and work again when it is back. */
  readonly client: Client;
  /** @throws SERVER_UNREACHABLE */
  perennial(): Promise<PerennialClient>;
  state(): Promise<'reachable' | 'unreachable'>;
  close(): Promise<void>;
}

export function openTemporalDoor(settings: ClientSettings): TemporalDoor {
  const { address, connectionOptions, namespace } = settings.temporal;
  const connection = Connection.lazy({ ...connectionOptions, ...(address === undefined ? {} : { address }) });
  let connecting: Promise<PerennialClient> | undefined;
  let probe: { readonly answer: Promise<'reachable' | 'unreachable'>; readonly atMs: number } | undefined;

  const ask = async (): Promise<'reachable' | 'unreachable'> => {
    try {
      await connection.withDeadline(Date.now() + PROBE_MS, () => connection.workflowService.getSystemInfo({}));
      return 'reachable';
    } catch {
      return 'unreachable'; // the answer, whatever the reason
    }
  };
  return {
    client: new Client({ connection, namespace }),
    perennial: () => {
      connecting ??= connectClient(settings).catch((error: unknown) => {
        connecting = undefined;
        throw error;
      });
      return connecting;
    },
    state: () => {
      if (probe === undefined || performance.now() - probe.atMs > PROBE_KEPT_MS) {
        probe = { answer: ask(), atMs: performance.now() };
      }
      return probe.answer;
    },
    close: async () => {
      const open = await connecting?.catch(() => undefined);
      await open?.close();
      await connection.close();
    },
  };
}
