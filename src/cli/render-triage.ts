/** The assessment of a run on its page: verdict and checks in a line, then every cause with what speaks for and against it. */
import { triageHeadline, triageSections } from '../core/report/triage-details.js';
import type { Assessment } from '../core/triage/assessment.js';
import { windowText } from './format.js';
import { plain } from './table.js';

const list = (sentences: readonly string[]): string => sentences.map((text) => `- ${plain(text)}`).join('\n');

interface Shown {
  /** Null: it names no fault. */
  readonly incidentId: number | null;
  readonly isNext: boolean;
}

export function renderTriage(assessment: Assessment, { incidentId, isNext }: Shown): string {
  const { checks, reasons, triage, verdict, window } = assessment;
  const failed = checks.filter((check) => !check.passed);
  const passed =
    checks.length === 0 ? 'NO CHECK WAS MADE' : `${checks.length - failed.length} of ${checks.length} checks passed`;
  if (triage !== undefined) {
    const shown = { isNext, ...(incidentId === null ? {} : { incidentId }) };
    const sections = triageSections(assessment, shown).map(({ title, sentences }) =>
      [plain(title), ...(sentences.length === 0 ? [] : [list(sentences)])].join('\n'),
    );
    return [`${plain(triageHeadline(assessment))}\n${passed}`, ...sections].join('\n\n');
  }
  const texts = [...reasons, ...failed.map((check) => `${check.severity}: ${check.text}`)];
  // A verdict that rests on nothing is not shown as one.
  const shown = checks.length === 0 && verdict === 'clear' ? 'not assessed' : verdict;
  const summary = `${shown}, ${passed} on ${windowText(window)}`;
  return texts.length === 0 ? summary : `${summary}\n${list([...new Set(texts)])}`;
}
