/** The id of a trigger from what its sender chose: never two pairs with one id, and never too long for an index. */
import { createHash } from 'node:crypto';

const MAX_CHARACTERS = 400;

/**
 * `source/event id`; slashes of the source are escaped, so that the first slash ends it. A long pair becomes its digest
 * behind an empty source, which no sender can have.
 */
export function triggerIdOf(source: string, eventId: string): string {
  const id = `${source.replaceAll('%', '%25').replaceAll('/', '%2F')}/${eventId}`;
  if (id.length <= MAX_CHARACTERS) return id;
  const digest = createHash('sha256')
    .update(JSON.stringify([source, eventId]))
    .digest('hex');
  return `/sha256/${digest}`;
}
