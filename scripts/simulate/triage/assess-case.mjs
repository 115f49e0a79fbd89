// One built case through the code that a run's stage assess calls, with the second look after the label wait where the first asks
// for it.
import { decide } from '../../../dist/core/triage/decide.js';
import { triageRuleOf } from '../../../dist/core/triage/triage-rule.js';
import { assessOnce } from './assess-once.mjs';
import { gradeOf, isTraining } from './grade.mjs';
import { depsOf } from './world.mjs';

const DAY_MS = 86_400_000;

export async function assessCase(world, { built, champion }) {
  const { truth, spec, onset, now, afterWait } = built;
  const { deps, recorded } = depsOf(world, { spec, champion, claims: [built.claim], versions: built.versions });
  const look = (labelsAsOf, isAfterLabelWait) => assessOnce({ deps, recorded, built, labelsAsOf, isAfterLabelWait });
  const first = await look(now, false);
  const waits = first.triage.action === 'await-labels';
  const second = waits ? await look(afterWait, true) : null;
  // A wait that the truth does not ask for is only as good as what is said after it.
  const judged = waits && truth.truth !== 'pending-labels' ? second : first;
  const last = second ?? first;
  const { triage, facts } = judged;
  // The same facts, had a schedule started the run: whether the alarm is true would not matter, a fault still would.
  const scheduled = decide({ ...last.facts, cause: 'schedule' }, triageRuleOf(spec.triage));
  const named = truth.columns.filter((column) => triage.columns.includes(column));
  return {
    caseName: built.caseName,
    triage,
    facts,
    grade: gradeOf(truth, triage),
    isHarmful: truth.isFault && isTraining(last.triage),
    isHarmfulScheduled: truth.isFault && scheduled.action === 'go-on',
    hasNamed: triage.verdict === truth.truth && truth.columns.length > 0 ? named.length > 0 : null,
    onsetOffDays:
      triage.verdict === truth.truth && truth.isFault && triage.onset !== null
        ? Math.abs(Date.parse(triage.onset) - Date.parse(onset)) / DAY_MS
        : null,
  };
}
