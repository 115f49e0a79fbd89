/**
 * What is known of each monitor's methods: which family a score is of and on which side drift lies. The same word means
 * different things to different monitors (`ks` is a p-value to Evidently and whylogs, Kolmogorov's D to NannyML), so there
 * is a table each, and a name that is not in it is not guessed at: family and direction are null, and a person is asked.
 * Sources: Evidently's and NannyML's documentation of methods, whylogs' column_drift_algorithms.py, Alibi Detect's and
 * Deepchecks' reference; checked against the files in test/fixtures/monitors.
 */
import type { MethodFamily } from './drift-claim.js';

interface MethodFacts {
  readonly family: MethodFamily | null;
  readonly lowerIsDrift: boolean | null;
}

export type Dialect = 'evidently' | 'nannyml' | 'alibi-detect' | 'whylogs' | 'deepchecks' | 'generic';

const UNKNOWN: MethodFacts = { family: null, lowerIsDrift: null };
const P_VALUE: MethodFacts = { family: 'p-value', lowerIsDrift: true };
const DISTANCE: MethodFacts = { family: 'distance', lowerIsDrift: false };
const STATISTIC: MethodFacts = { family: 'statistic', lowerIsDrift: false };
const AUC: MethodFacts = { family: 'auc', lowerIsDrift: false };
const COUNT: MethodFacts = { family: 'count', lowerIsDrift: false };
/** Of the model itself: a good one falls when the world moves, a loss rises. */
const QUALITY_AUC: MethodFacts = { family: 'auc', lowerIsDrift: true };
const QUALITY: MethodFacts = { family: 'statistic', lowerIsDrift: true };
const LOSS: MethodFacts = STATISTIC;
/** Both sides alarm. */
const TWO_SIDED: MethodFacts = { family: 'statistic', lowerIsDrift: null };

type Table = ReadonlyMap<string, MethodFacts>;

const table = (...groups: readonly (readonly [MethodFacts, readonly string[]])[]): Table =>
  new Map(groups.flatMap(([facts, names]) => names.map((name) => [name.toLowerCase(), facts] as const)));

const EVIDENTLY_P_VALUES = [
  'K-S p_value',
  'ks',
  'chi-square p_value',
  'chisquare',
  'Z-test p_value',
  'z',
  'Anderson-Darling',
  'anderson',
  'Cramer-Von-Mises',
  'cramer_von_mises',
  'Epps-Singleton',
  'es',
  "Fisher's Exact test",
  'fisher_exact',
  'g_test',
  'Mann-Whitney U-rank test',
  'mannw',
  't_test',
];
const EVIDENTLY_DISTANCES = [
  'Wasserstein distance (normed)',
  'wasserstein',
  'Jensen-Shannon distance',
  'jensenshannon',
  'Kullback-Leibler divergence',
  'kl_div',
  'PSI',
  'Hellinger distance',
  'hellinger',
  'Energy distance',
  'ed',
];
const EVIDENTLY_COUNTS = [
  'DriftedColumnsCount',
  'Share of Drifted Columns',
  'DuplicatedRowCount',
  'DuplicatedColumnsCount',
  'AlmostDuplicatedColumnsCount',
  'AlmostConstantColumnsCount',
  'ConstantColumnsCount',
  'EmptyRowsCount',
  'EmptyColumnsCount',
  'DatasetMissingValueCount',
  'MissingValueCount',
  'The Share of Missing Values in a Column',
  'Share of Out-of-Range Values',
  'Share of Out-of-List Values',
];
const EVIDENTLY_QUALITIES = ['Accuracy', 'Precision', 'Recall', 'F1Score', 'TPR', 'TNR', 'f1', 'R2Score'];

const TABLES: Readonly<Record<Dialect, Table>> = {
  evidently: table(
    [P_VALUE, EVIDENTLY_P_VALUES],
    [DISTANCE, EVIDENTLY_DISTANCES],
    [COUNT, EVIDENTLY_COUNTS],
    [AUC, ['Absolute text content drift', 'abs_text_content_drift']],
    [QUALITY_AUC, ['RocAuc', 'roc_auc']],
    [QUALITY, EVIDENTLY_QUALITIES],
    [LOSS, ['LogLoss', 'log_loss', 'FPR', 'FNR', 'MAE', 'RMSE', 'MAPE', 'AbsMaxError']],
  ),
  nannyml: table(
    [DISTANCE, ['jensen_shannon', 'wasserstein', 'hellinger', 'l_infinity']],
    [STATISTIC, ['kolmogorov_smirnov', 'chi2']],
    [AUC, ['domain_classifier_auroc']],
    [TWO_SIDED, ['reconstruction_error']],
    [COUNT, ['missing_values', 'unseen_values']],
    [QUALITY_AUC, ['roc_auc', 'average_precision']],
    [QUALITY, ['f1', 'precision', 'recall', 'specificity', 'accuracy']],
    [LOSS, ['mae', 'mape', 'mse', 'msle', 'rmse', 'rmsle']],
  ),
  'alibi-detect': table([P_VALUE, ['p_val']], [STATISTIC, ['distance', 'test_stat']]),
  whylogs: table([P_VALUE, ['ks', 'chi-square']], [DISTANCE, ['hellinger']]),
  deepchecks: table(
    [STATISTIC, ['Kolmogorov-Smirnov']],
    [DISTANCE, ["Cramer's V", 'PSI', "Earth Mover's Distance"]],
    [AUC, ['Multivariate Drift']],
  ),
  generic: table(
    [P_VALUE, ['p-value', 'p_value', 'ks p-value', 'chi-square p-value']],
    [DISTANCE, ['psi', 'wasserstein', 'jensen-shannon', 'jensen_shannon', 'hellinger', 'kl divergence']],
    [QUALITY_AUC, ['roc_auc', 'average_precision']],
    [QUALITY, ['accuracy', 'precision', 'recall', 'f1']],
    [LOSS, ['log_loss', 'brier', 'mae', 'mse', 'rmse']],
  ),
};

export function methodFacts(dialect: Dialect, name: string | null): MethodFacts {
  return (name === null ? undefined : TABLES[dialect].get(name.trim().toLowerCase())) ?? UNKNOWN;
}
