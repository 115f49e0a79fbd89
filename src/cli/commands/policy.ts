/**
 * `perennial policy replay SPEC...` and `perennial policy advise`: what trigger policies would have been worth in a recorded
 * past. Both only read: no run, no trigger, no file comes of them.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { advise } from '../../core/policy/replay/advise.js';
import { adviseFromLooks } from '../../core/policy/replay/advise-from-looks.js';
import { comparePolicies, spanOf } from '../../core/policy/replay/compare-policies.js';
import { contenderOf } from '../../core/policy/replay/contender.js';
import {
  onceEach,
  type RecordedClaim,
  type RecordedIncident,
  recordedClaims,
} from '../../core/policy/replay/recorded.js';
import { SIGNAL_FORMATS, type SignalFormat } from '../../core/signals/drift-claim.js';
import { specSchema } from '../../core/spec/schema.js';
import { measuredLooksOf, recordedClaimsOf, recordedIncidentsOf } from '../../registry/policy-history.js';
import { type CliContext, type CommonOptions, print, withCommon } from '../context.js';
import { withPool } from '../open-pool.js';
import { renderAdvice, renderLookAdvice, renderReplay } from '../render-policy.js';
import { type NamedSpec, readClaims, readGrid, readReports, readSpecs } from '../replay-inputs.js';
import { parseModelId } from '../run-ref.js';

interface AdviseOptions extends CommonOptions {
  readonly grid?: string;
  readonly equivalence?: number;
}

interface ReplayOptions extends AdviseOptions {
  readonly grid: string;
  readonly claims?: string;
  readonly reports?: string;
  readonly format: SignalFormat;
  readonly only: string;
  readonly arrived: 'received' | 'window-end';
}

/** The default of a pipeline's own `equivalence`. */
const EQUIVALENCE = specSchema.shape.equivalence.parse(undefined);

function marginOption(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || !(value > 0)) throw new InvalidArgumentError('Write a number above 0, e.g. 0.005.');
  return value;
}

function formatOption(text: string): SignalFormat {
  const format = SIGNAL_FORMATS.find((known) => known === text);
  if (format === undefined) throw new InvalidArgumentError(`Known formats: ${SIGNAL_FORMATS.join(', ')}.`);
  return format;
}

function arrivedOption(text: string): 'received' | 'window-end' {
  if (text !== 'received' && text !== 'window-end') throw new InvalidArgumentError('Write received or window-end.');
  return text;
}

interface Past {
  readonly claims: readonly RecordedClaim[];
  readonly incidents: readonly RecordedIncident[];
}

/** From the files named, which know no incidents; with none, all that the registry holds of the first pipeline's model. */
async function pastOf(specs: readonly NamedSpec[], options: ReplayOptions): Promise<Past> {
  const { claims, reports, format, only, arrived } = options;
  const { model: modelId, triggers } = specs[0]!.spec;
  if (claims === undefined && reports === undefined) {
    return withPool(async (pool) => ({
      claims: await recordedClaimsOf(pool, modelId),
      incidents: await recordedIncidentsOf(pool, modelId),
    }));
  }
  const { alertWindow } = triggers;
  const reported = reports === undefined ? [] : readReports(reports, { format, only, modelId, alertWindow });
  const recorded = [
    ...recordedClaims(claims === undefined ? [] : readClaims(claims), arrived),
    ...recordedClaims(reported, 'window-end'),
  ];
  return { claims: onceEach(recorded), incidents: [] };
}

async function replay(context: CliContext, files: readonly string[], options: ReplayOptions): Promise<void> {
  const specs = readSpecs(files);
  const grid = readGrid(options.grid);
  const { claims, incidents } = await pastOf(specs, options);
  const equivalence = options.equivalence ?? specs[0]!.spec.equivalence;
  const span = spanOf(grid);
  const contenders = specs.map(({ name, spec }) => ({ ...contenderOf(spec, name, span), incidents }));
  const comparison = comparePolicies(contenders, { grid, claims, equivalence });
  const isAsReceived = options.claims !== undefined && options.arrived === 'received';
  print(context.io, options, { data: comparison, text: renderReplay(comparison, { io: context.io, isAsReceived }) });
}

async function adviseOn(context: CliContext, model: string, options: AdviseOptions): Promise<void> {
  const modelId = parseModelId(model);
  const { equivalence = EQUIVALENCE } = options;
  if (options.grid === undefined) {
    const measured = await withPool((pool) => measuredLooksOf(pool, modelId));
    const advice = adviseFromLooks(measured, equivalence);
    print(context.io, options, {
      data: { modelId, otherRecipes: measured.otherRecipes, ...advice },
      text: renderLookAdvice(advice, context.io),
    });
    return;
  }
  const grid = readGrid(options.grid);
  const advice = advise(grid, equivalence);
  const data = { modelId, metric: grid.metric, ...advice };
  print(context.io, options, { data, text: renderAdvice(advice, grid.metric, context.io) });
}

export function addPolicy(program: Command, context: CliContext): void {
  const policy = program.command('policy').description('what a trigger policy would have been worth; writes nothing');
  withCommon(policy.command('replay'))
    .description(
      'run trigger policies over recorded claims and realised quality, side by side with never, weekly, monthly, each alarm',
    )
    .argument('<spec...>', 'pipeline files whose `triggers` and `schedule` are tried')
    .requiredOption(
      '--grid <file>',
      'realised quality of models by training end and day (JSON, see docs/policy-replay.md)',
    )
    .option('--claims <file>', "recorded claims (JSON); without files, the registry's of the first pipeline's model")
    .option('--reports <index>', 'reports of a monitor: a JSON list of {file, start, end}')
    .option('--format <format>', 'format of the reports', formatOption, 'evidently')
    .option('--only <prefix>', 'of the reports, those whose file begins so', '')
    .option('--arrived <when>', 'when a claim of --claims came: received, or window-end', arrivedOption, 'received')
    .option(
      '--equivalence <margin>',
      "what the gain at a true shift must exceed (default: the first pipeline's)",
      marginOption,
    )
    .action((files: string[], options: ReplayOptions) => replay(context, files, options));
  withCommon(policy.command('advise'))
    .description('say from measured decay which cadence of retraining pays, and plainly when it cannot be told')
    .argument('<model>', 'model id')
    .option(
      '--grid <file>',
      "realised quality by training end and day (JSON); without it, the evaluations of the model's runs",
    )
    .option(
      '--equivalence <margin>',
      `a faster cadence that cannot gain more does not pay (default: ${EQUIVALENCE})`,
      marginOption,
    )
    .action((model: string, options: AdviseOptions) => adviseOn(context, model, options));
}
