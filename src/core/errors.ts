/**
 * The error table and the one error class. Strings cross Temporal and classes do not, so the code is the contract:
 * the table below says for each code whether a retry can help, which HTTP status and exit code it maps to, and what to do.
 */

export interface ErrorRule {
  readonly retryable: boolean;
  readonly httpStatus: number;
  readonly exitCode: number;
  readonly advice: string;
}

const rule = (retryable: boolean, httpStatus: number, exitCode: number, advice: string): ErrorRule => ({
  retryable,
  httpStatus,
  exitCode,
  advice,
});

export const ERROR_TABLE = {
  SPEC_INVALID: rule(false, 422, 2, 'Correct the pipeline file at the path named and apply it again.'),
  SIGNAL_INVALID: rule(false, 422, 2, 'Correct the message; the text names the field.'),
  UNAUTHENTICATED: rule(false, 401, 3, 'Send a valid token.'),
  FORBIDDEN: rule(false, 403, 3, 'Ask for the role that the text names.'),
  APPROVAL_NOT_ALLOWED: rule(
    false,
    409,
    4,
    'Look at the run with `perennial show RUN` and decide on its present evidence.',
  ),
  MODEL_UNKNOWN: rule(false, 404, 5, 'List the models with `perennial runs`, or apply a pipeline for this one.'),
  RUN_UNKNOWN: rule(false, 404, 5, 'List the runs with `perennial runs MODEL`.'),
  INCIDENT_UNKNOWN: rule(false, 404, 5, 'List the incidents with `perennial incidents MODEL --all`.'),
  DATA_SCHEMA_VIOLATION: rule(false, 422, 6, 'Compare the source with the columns that the pipeline names.'),
  DATA_WINDOW_EMPTY: rule(false, 422, 6, 'Check the window and the source: no usable row lies in it.'),
  SPLIT_LEAKAGE: rule(false, 422, 6, 'Training and holdout overlap; check ids and the embargo.'),
  SOURCE_UNAVAILABLE: rule(true, 503, 7, 'Check that the source can be reached; within a run the step is retried.'),
  TRAINING_DIVERGED: rule(false, 422, 8, 'Lower the learning rate or check the features for extreme values.'),
  TRAINER_CRASHED: rule(true, 500, 8, 'The step is retried from the last checkpoint; see the trainer log.'),
  TRAINER_TIMEOUT: rule(true, 504, 8, 'Raise trainer.limits or make the window smaller.'),
  TRAINER_OUT_OF_MEMORY: rule(false, 507, 8, 'Raise trainer.limits.memoryMb or make the window smaller.'),
  ARTIFACT_MISSING: rule(false, 404, 9, 'Check the artifact store; the digest named is not there.'),
  ARTIFACT_DIGEST_MISMATCH: rule(false, 500, 9, 'The stored artifact was changed or damaged; restore it from a copy.'),
  REGISTRY_UNAVAILABLE: rule(true, 503, 7, 'Check Postgres; within a run the step is retried.'),
  CHAMPION_CHANGED: rule(
    false,
    409,
    4,
    'The champion moved meanwhile; the candidate is evaluated against the new one.',
  ),
  RECIPE_BLOCKED: rule(false, 409, 4, 'Change the pipeline, or clear the recipe with `perennial unblock MODEL`.'),
  NATIVE_PART_MISSING: rule(false, 500, 10, 'Run `npm run setup`, then `npx perennial doctor`.'),
  PORT_TAKEN: rule(false, 500, 10, 'Stop the process that listens there or choose another port.'),
  SERVER_UNREACHABLE: rule(true, 503, 7, 'Start the platform with `npx perennial up`, or check its address.'),
  INVARIANT_BROKEN: rule(false, 500, 70, 'This is a bug in perennial: please report it with the text above.'),
} as const satisfies Record<string, ErrorRule>;

export type ErrorCode = keyof typeof ERROR_TABLE;

export class PipelineError extends Error {
  override readonly name = 'PipelineError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  /** The table's, unless the place that throws knows better. It does not cross Temporal. */
  readonly advice: string;

  /**
   * @param message says what, where and what to do next, for a person
   * @param options.details the same as fields, for programs (JSON-safe)
   */
  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown; advice?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.advice = options.advice ?? ERROR_TABLE[code].advice;
  }

  get retryable(): boolean {
    return ERROR_TABLE[this.code].retryable;
  }
}

/** Stops where a promise of the code itself does not hold: never retried, always a bug. */
export function assertInvariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new PipelineError('INVARIANT_BROKEN', message);
}
