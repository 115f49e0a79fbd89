/** Tables of `perennial policy`: policies side by side, and cadences. */
import type { Advice } from '../core/policy/replay/advise.js';
import type { LookAdvice } from '../core/policy/replay/advise-from-looks.js';
import type { PolicyComparison } from '../core/policy/replay/compare-policies.js';
import type { Gain } from '../core/policy/replay/gain.js';
import { instant, NOTHING, number } from './format.js';
import type { Io } from './io.js';
import { table } from './table.js';

type Policy = PolicyComparison['policies'][number];

/** `+0.0123 [+0.0040, +0.0206]` */
function gainText({ value, interval }: Gain): string {
  if (value === null) return NOTHING;
  const bounds =
    interval === null
      ? 'too few days'
      : `${number(interval.lower, { isSigned: true })}, ${number(interval.upper, { isSigned: true })}`;
  return `${number(value, { isSigned: true })} [${bounds}]`;
}

function delays({ answers }: Policy): string {
  const texts = answers.map(({ delayDays }) => (delayDays === null ? 'missed' : number(delayDays, { digits: 0 })));
  return texts.length === 0 ? NOTHING : texts.join(' · ');
}

function policyRow(policy: Policy): string[] {
  const { name, runs, trainingMinutes, missed, useless, unjudged, quality, overNever } = policy;
  return [
    name,
    String(runs.length),
    number(trainingMinutes, { digits: 1 }),
    delays(policy),
    String(missed),
    String(useless),
    String(unjudged),
    number(quality),
    name === 'never' ? NOTHING : gainText(overNever),
  ];
}

function shiftLines({ shifts, equivalence }: PolicyComparison): string {
  if (shifts.length === 0) {
    return `No true shift: nowhere does a refitted model beat the one before by more than ${equivalence}, interval and all.`;
  }
  const lines = shifts.map(
    ({ at, gain }, index) =>
      `  ${index + 1}. ${instant(at)}: refitting gained ${gainText(gain)} in the 28 days that followed`,
  );
  return [
    `True shifts (refitting beats the model before by more than ${equivalence}, interval and all):`,
    ...lines,
  ].join('\n');
}

/** What a claim was received at says when it was parsed, if it was only ever parsed. */
function outsideLines({ claims, claimsOutside }: PolicyComparison, isAsReceived: boolean): string[] {
  if (claimsOutside === 0) return [];
  const count = `${claimsOutside} of ${claims + claimsOutside} claims came outside the span, and no policy hears them.`;
  const hint = ' If they were parsed after the fact, take each as come when its window was over: --arrived window-end.';
  return [`${count}${isAsReceived ? hint : ''}`];
}

/** @param isAsReceived claims of a file are taken as come when they were received */
export function renderReplay(
  comparison: PolicyComparison,
  { io, isAsReceived }: { io: Io; isAsReceived: boolean },
): string {
  const { from, to, claims, metric, policies } = comparison;
  const right = 'right' as const;
  const columns = [
    { title: 'policy' },
    { title: 'retrains', align: right },
    { title: 'training min', align: right },
    { title: 'days to each shift', align: right },
    { title: 'missed', align: right },
    { title: 'useless', align: right },
    { title: 'unjudged', align: right },
    { title: metric, align: right },
    { title: 'over never (95 %)' },
  ];
  const head = `Replayed [${instant(from)}, ${instant(to)}) with ${claims} recorded claim(s). Nothing was written.`;
  const outside = outsideLines(comparison, isAsReceived);
  return [head, ...outside, shiftLines(comparison), table(columns, policies.map(policyRow), io)].join('\n\n');
}

const PAYS = new Map<boolean | null, string>([
  [true, 'yes'],
  [false, 'no'],
  [null, 'cannot tell'],
]);

export function renderAdvice(advice: Advice, metric: string, io: Io): string {
  const { from, to, days, cadences, sentence } = advice;
  if (from === null) return sentence;
  const right = 'right' as const;
  const columns = [
    { title: 'retrain every' },
    { title: 'training min in 28 days', align: right },
    { title: metric, align: right },
    { title: 'over never (95 %)' },
    { title: 'over the next slower' },
    { title: 'pays' },
  ];
  const rows = cadences.map((cadence) => [
    `${cadence.everyDays} days`,
    number(cadence.trainingMinutesPer28Days, { digits: 2 }),
    number(cadence.quality),
    gainText(cadence.overNever),
    gainText(cadence.overSlower),
    PAYS.get(cadence.pays) ?? NOTHING,
  ]);
  const head = `Measured on ${days} days [${instant(from)}, ${instant(to)}), over every start of each cadence.`;
  return [head, table(columns, rows, io), sentence].join('\n\n');
}

/** One line a run, under the cadence that it tells of. */
export function renderLookAdvice(
  { cadences, sentence }: { cadences: readonly LookAdvice[]; sentence: string },
  io: Io,
): string {
  const right = 'right' as const;
  const columns = [
    { title: 'refit after about' },
    { title: 'run', align: right },
    { title: 'days fresher', align: right },
    { title: 'gain (95 %)' },
    { title: 'training min in 28 days', align: right },
    { title: 'pays' },
  ];
  const rows = cadences.flatMap(({ everyDays, looks, trainingMinutesPer28Days, pays }) =>
    looks.map((look, index) => [
      index === 0 ? `${everyDays} days` : '',
      String(look.runNo),
      number(look.fresherDays, { digits: 1 }),
      gainText(look.gain),
      index === 0 ? number(trainingMinutesPer28Days, { digits: 2 }) : '',
      index === 0 ? (PAYS.get(pays) ?? NOTHING) : '',
    ]),
  );
  return rows.length === 0 ? sentence : [table(columns, rows, io), sentence].join('\n\n');
}
