/**
 * Registers our search attributes with the server, idempotently. Without operator rights the commands are printed and
 * everything runs on without them.
 */
import { type Connection, isGrpcServiceError } from '@temporalio/client';

/** Numbers of Temporal's IndexedValueType. */
const TYPES = { Keyword: 2, Double: 4, Datetime: 6 } as const;

const WANTED: Readonly<Record<string, keyof typeof TYPES>> = {
  PerennialModel: 'Keyword',
  PerennialStage: 'Keyword',
  PerennialCause: 'Keyword',
  PerennialOutcome: 'Keyword',
  PerennialWindowEnd: 'Datetime',
  PerennialDelta: 'Double',
};

/** @returns whether the server has them all */
export async function ensureSearchAttributes(
  connection: Connection,
  options: { namespace: string; log: (line: string) => void },
): Promise<boolean> {
  const { namespace, log } = options;
  let missing = Object.keys(WANTED);
  try {
    const present = await connection.operatorService.listSearchAttributes({ namespace });
    missing = missing.filter((name) => present.customAttributes?.[name] === undefined);
    if (missing.length === 0) return true;
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, TYPES[WANTED[name]!]]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return true;
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    log(`The search attributes could not be registered (${error.message}); runs go on without them. To add them:`);
    for (const name of missing) {
      log(`  temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${WANTED[name]}`);
    }
    return false;
  }
}
