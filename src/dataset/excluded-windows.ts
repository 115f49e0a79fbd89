/** Windows that a pipeline leaves out, as a condition on rows: one wording for what is measured and for what is frozen. */
import type { Window } from '../core/types.js';
import { ROW_KEYS } from '../sources/source.js';
import { timestampLiteral } from '../sources/sql.js';
import type { Duck } from './duck.js';

/** True for rows whose event lies in one of the windows; never null. */
export const within = (windows: readonly Window[]): string =>
  windows.length === 0
    ? 'false'
    : `coalesce(${windows
        .map(
          ({ start, end }) =>
            `(${ROW_KEYS.eventAt} >= ${timestampLiteral(start)} AND ${ROW_KEYS.eventAt} < ${timestampLiteral(end)})`,
        )
        .join(' OR ')}, false)`;

/** Takes the rows of the windows out of `source_rows`: for measurements, in which they do not count at all. */
export async function leaveOut(duck: Duck, windows: readonly Window[]): Promise<void> {
  if (windows.length > 0) await duck.run(`DELETE FROM source_rows WHERE ${within(windows)}`);
}
