/** What scoring the champion needs of the dataset room: rows as columns, labelled or not, of which nothing is kept. */
import type { PipelineSpec } from '../../core/spec/schema.js';
import type { ColumnFile, FreezeRequest } from '../frozen-rows.js';

interface ScoringRequest extends Pick<FreezeRequest, 'window' | 'inputsAsOf' | 'labelsAsOf' | 'excluding'> {
  /** Of the rows that the spec's own sample keeps, this share, by the same hash of the id; in (0, 1]. */
  readonly share: number;
  readonly path: string;
}

export interface ScoringSource {
  /**
   * Writes a column file of a window's rows at `path`, labelled or not (label `UNKNOWN_LABEL`), without excluded and quarantined ones, in
   * the order of a snapshot. Nothing enters the artifact store.
   * @throws DATA_SCHEMA_VIOLATION when the source lacks a column that the spec needs
   */
  scoringColumns(
    spec: PipelineSpec,
    request: ScoringRequest,
    options: { signal: AbortSignal },
  ): Promise<Omit<ColumnFile, 'rowsBefore'>>;
}
