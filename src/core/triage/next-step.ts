/** What a person does now, one sentence a verdict. */
import type { CauseFinding, TriageAction, TriageVerdict } from './verdict.js';

const STOPPED: Readonly<Record<TriageVerdict, string>> = {
  'broken-feed': 'Repair the feed; the claims are held and judged again when the incident closes.',
  'logging-change': 'Have the source write {columns} as before, or convert in the query; then close the incident.',
  'code-or-feature-bug': 'Look at the code that computes {columns}; mend or revert it, then close the incident.',
  'label-fault': 'Look at the process that makes the labels; mend it, then close the incident.',
  'concept-shift': 'Nothing to do: the run trains.',
  'genuine-shift': 'Nothing to do: the run trains.',
  seasonal: 'Nothing to retrain for; a training window of whole years would know this season.',
  'no-shift': 'Nothing to retrain for; raise the threshold of the monitor’s rule that alarmed.',
  unclear: 'Nothing to do: the run goes on to its gates.',
  'pending-labels': 'Nothing to do: the run waits for labels and looks again.',
};

const WENT_ON: Partial<Record<TriageVerdict, string>> = {
  seasonal: 'Nothing to do: recorded, and the run goes on to its gates.',
  'no-shift': 'Nothing to do: recorded, and the run goes on to its gates.',
};

export function nextStep(of: {
  readonly verdict: TriageVerdict;
  readonly action: TriageAction;
  readonly finding: CauseFinding | null;
}): string {
  const { verdict, action, finding } = of;
  if (action === 'ask') return 'Decide: `proceed` retrains all the same, `abort` stops the run.';
  const text = action === 'go-on' ? (WENT_ON[verdict] ?? STOPPED[verdict]) : STOPPED[verdict];
  const columns = finding === null || finding.columns.length === 0 ? 'what changed' : finding.columns.join(', ');
  return text.replace('{columns}', columns);
}
