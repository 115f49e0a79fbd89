/** The evaluation as one page of Markdown for whoever has to approve: verdict first, then the figures it rests on. */
import { RECOMMENDED_BLOCKS } from '../gates/compare-gain.js';
import { bounds, percent, plain, signed } from '../gates/wording.js';
import type { PipelineSpec } from '../spec/schema.js';
import { asOfNotes } from '../spec/source-rules.js';
import type { Digest, GateResult, PromotionVerdict, Window } from '../types.js';
import type { EvaluationResult, SliceFact } from './evaluation-result.js';
import { METRIC_KEYS, METRICS, metricKey } from './metrics.js';

export interface ReportContext {
  readonly modelId: string;
  readonly runNo: number;
  readonly candidateVersion: number;
  readonly championVersion: number | null;
  readonly holdout: Window;
  readonly evidenceDigest: Digest;
  readonly spec: Pick<PipelineSpec, 'margin' | 'approval' | 'source'>;
  readonly look: number;
}

const VERDICT: Readonly<Record<PromotionVerdict, string>> = {
  promote: 'Promote',
  reject: 'Turn down',
  'needs-approval': 'A person has to decide',
  inconclusive: 'Inconclusive',
};
/** Of a column with hundreds of values only the ones with the lowest gain are printed. */
const SHOWN_VALUES = 5;
/** Below this a value of a column says nothing worth a reader's time. */
const SHOWN_ROWS = 200;

export function renderReport(result: EvaluationResult, context: ReportContext): string {
  const sections = [
    heading(result, context),
    metricsTable(result, context),
    intervals(result, context),
    gatesTable(result.gates),
    slicesTable(result.slices),
    unchecked(result.couldNotCheck, asOfNotes(context.spec)),
    reading(result, context),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading(result: EvaluationResult, context: ReportContext): string {
  const { modelId, runNo, candidateVersion, championVersion, spec } = context;
  const against = championVersion === null ? 'no champion yet' : `champion version ${championVersion}`;
  return [
    `# ${VERDICT[result.verdict]}: ${modelId}, version ${candidateVersion}`,
    '',
    `Verdict \`${result.verdict}\` in mode \`${result.mode}\`, ${against}, comparison \`${result.comparison}\`, run ${runNo}, approval policy \`${spec.approval.policy}\`.`,
    '',
    ...result.reasons.map((reason) => `- ${reason}`),
  ].join('\n');
}

function metricsTable({ metrics, gains, metric }: EvaluationResult, { championVersion }: ReportContext): string {
  const primary = metricKey(metric);
  const champion = championVersion === null ? 'champion (none)' : `champion v${championVersion}`;
  const rows = METRIC_KEYS.map((key) => {
    const { title, isHigherBetter } = METRICS[key];
    const name = `${title}${key === primary ? ' (primary)' : ''}, ${isHigherBetter ? 'higher' : 'lower'} is better`;
    const gain = gains?.[key];
    return [
      name,
      plain(metrics.candidate[key]),
      plain(metrics.champion?.[key] ?? null),
      signed(gain?.difference ?? null),
      bounds(gain?.interval95 ?? null, signed),
    ];
  });
  return `## Candidate and champion\n\n${table(['metric', 'candidate', champion, 'gain', '95 % by days'], rows)}\n\nA positive gain means that the candidate is better, whichever way the metric runs.`;
}

function intervals(result: EvaluationResult, { spec, look }: ReportContext): string {
  const { difference, interval, interval95, rowInterval95, flips, anchor } = result;
  if (result.metrics.champion === null) return '';
  const lines = [
    `- Gain in ${result.metric}: ${signed(difference)}; look ${look} at this range gates at ${percent(result.confidence)}: ${bounds(interval, signed)}.`,
    `- At 95 %: ${bounds(interval95, signed)}. Both by delete-one-day jackknife with Student's t over ${result.blocks} days.`,
    `- By rows, 95 %: ${bounds(rowInterval95, signed)}. ${result.rowIntervalAssumption}`,
    `- Smallest true gain that such a holdout shows above the margin ${plain(spec.margin)} four times in five: ${plain(result.minimumDetectableGain)}.`,
  ];
  if (anchor !== null) {
    lines.push(
      `- Against the best earlier champion, version ${anchor.version}: ${signed(anchor.difference)} ${bounds(anchor.interval, signed)}.`,
    );
  }
  if (flips !== null) {
    lines.push(
      `- At threshold ${flips.threshold}: ${flips.gained} rows newly right, ${flips.lost} newly wrong (McNemar p ${plain(flips.mcNemarExactPValue)} exact, ${plain(flips.mcNemarCorrectedPValue)} corrected; assumes independent rows, never gates).`,
    );
  }
  return `## The difference\n\n${lines.join('\n')}`;
}

function gatesTable(gates: readonly GateResult[]): string {
  const rows = gates.map((gate) => [
    cell(gate.gate),
    gate.required ? 'yes' : 'no',
    plain(gate.value),
    bounds(gate.interval),
    plain(gate.threshold),
    gate.passed === null ? 'not assessable' : gate.passed ? 'pass' : 'FAIL',
  ]);
  return `## Gates\n\n${table(['gate', 'required', 'value', 'interval', 'threshold', 'result'], rows)}`;
}

function slicesTable(slices: readonly SliceFact[]): string {
  const declared = slices.filter(({ slice }) => !slice.startsWith('each:'));
  const values = slices
    .filter((fact) => fact.slice.startsWith('each:') && fact.rows >= SHOWN_ROWS && fact.gain.interval95 !== null)
    .sort((a, b) => a.gain.difference! - b.gain.difference!)
    .slice(0, SHOWN_VALUES);
  if (declared.length + values.length === 0) return '';
  const rows = [...declared, ...values].map((fact) => [
    cell(fact.slice),
    String(fact.rows),
    String(fact.days),
    plain(fact.candidate),
    plain(fact.champion),
    `${signed(fact.gain.difference)} ${bounds(fact.gain.interval95, signed)}`,
  ]);
  const note =
    values.length === 0
      ? ''
      : `\n\nOf \`each:\` columns the ${values.length} values with the lowest gain, of those with ${SHOWN_ROWS} rows or more.`;
  return `## Slices\n\n${table(['slice', 'rows', 'days', 'candidate', 'champion', 'gain, 95 % by days'], rows)}${note}`;
}

function unchecked(couldNotCheck: readonly string[], notes: readonly string[]): string {
  const gates = couldNotCheck.length === 0 ? ['Nothing of the gates: every one was assessed.'] : couldNotCheck;
  const lines = [...gates, ...notes].map((one) => `- ${one}`);
  return `## What could not be checked\n\n${lines.join('\n')}`;
}

function reading(result: EvaluationResult, { holdout, evidenceDigest }: ReportContext): string {
  const few =
    result.blocks < RECOMMENDED_BLOCKS
      ? ` It has ${result.blocks} days; at least ${RECOMMENDED_BLOCKS} are recommended.`
      : '';
  return [
    '## How to read this',
    '',
    `The holdout is [${holdout.start}, ${holdout.end}): ${result.rows} rows, ${result.positives} positive, ${result.blocks} days.${few} Days, not rows, are the sample. An interval speaks for this holdout's period: one contiguous month covers the long-run difference only about 60 % of the time.`,
    '',
    `Evidence: \`${evidenceDigest}\``,
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A user's name inside a table cell. */
function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/\s+/g, ' ');
}
