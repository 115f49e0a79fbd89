/** The lanes of the reference story: which recipe, in which mode, as which model. Seeds stand in the pipeline files. */
import type { Mode } from '../../core/types.js';

export type Recipe = 'last-week' | 'last-month' | 'all-past';

export interface Lane {
  readonly recipe: Recipe;
  readonly mode: Mode;
  readonly modelId: string;
  /** In examples/flights. */
  readonly file: string;
  /** The calendar asks for its retrains; so does, where this is set, Evidently's report on each month, in the same minute. */
  readonly hasReports: boolean;
}

export const LANES: readonly Lane[] = [
  { recipe: 'last-week', mode: 'superior', modelId: 'flights-last-week', file: 'last-week.yaml', hasReports: true },
  {
    recipe: 'last-month',
    mode: 'superior',
    modelId: 'flights-last-month',
    file: 'last-month.yaml',
    hasReports: true,
  },
  { recipe: 'all-past', mode: 'superior', modelId: 'flights-all-past', file: 'all-past.yaml', hasReports: true },
  {
    recipe: 'all-past',
    mode: 'refresh',
    modelId: 'flights-all-past-refresh',
    file: 'all-past-refresh.yaml',
    hasReports: false,
  },
];

/** Months held out, each decided on the first day of the next one. */
export const FIRST_HOLDOUT = '2001-02';
export const HOLDOUTS = ['2001-03', '2001-04', '2001-05', '2001-06'] as const;
/** Months with a decision before them: what a decision is worth shows there. */
export const REALISED = ['2001-04', '2001-05', '2001-06'] as const;

/** First instant of the month after, e.g. `2001-03` -> `2001-04-01T00:00:00.000Z`. */
export function decisionInstant(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number, 1)).toISOString();
}
