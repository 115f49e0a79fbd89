/**
 * What people read of an assessment: verdict, next step, every cause with the facts for and against it, failed checks, the
 * claims that it answers, what was measured. One text for the run's page in Temporal's Web UI and for `perennial show`.
 */
import type { Assessment } from '../triage/assessment.js';
import type { Alleged } from '../triage/facts.js';
import type { CauseFinding } from '../triage/verdict.js';
import type { Window } from '../types.js';
import { measuredSentences } from './measured-facts.js';
import { oneLine, plainText } from './plain-text.js';

export interface TriageSection {
  readonly title: string;
  /** A list: one sentence each. */
  readonly sentences: readonly string[];
}

interface Shown {
  /** Of the fault that the verdict names; absent: none. */
  readonly incidentId?: number;
  /** False: the run is past what the assessment said comes next. Absent: it is not. */
  readonly isNext?: boolean;
  /** Sentences of one list, alerts of one claim. */
  readonly most?: number;
}

/** With the envelope, reasons and other values of the reply below the 16 KB that no payload may exceed. */
const MAX_DETAILS_BYTES = 8_000;
const MAX_SENTENCE = 400;
const SHORT_LIST = 4;

const day = (instant: string): string => (instant.endsWith('T00:00:00.000Z') ? instant.slice(0, 10) : instant);
const span = ({ start, end }: Window): string => `[${day(start)}, ${day(end)})`;

/** `broken-feed (confirmed) on [2001-04-09, 2001-04-16): distance, since 2001-04-10`. */
export function triageHeadline(assessment: Assessment): string {
  const { verdict, window, triage } = assessment;
  const certainty = triage?.certainty == null ? '' : ` (${triage.certainty})`;
  const columns = triage === undefined || triage.columns.length === 0 ? '' : `: ${triage.columns.join(', ')}`;
  const since = triage?.onset == null ? '' : `${columns === '' ? ':' : ','} since ${day(triage.onset)}`;
  return oneLine(`${verdict}${certainty} on ${span(window)}${columns}${since}`);
}

/** Causes that hold first, then those that nobody could check. */
const ORDER: readonly CauseFinding['state'][] = ['confirmed', 'suspected', 'not-checked', 'excluded'];

function causeSection(cause: CauseFinding): TriageSection {
  const columns = cause.columns.length === 0 ? '' : `: ${cause.columns.join(', ')}`;
  const since = cause.onset === null ? '' : `, since ${day(cause.onset)}`;
  const list = (word: string, sentences: readonly string[]): string[] => sentences.map((text) => `${word}: ${text}`);
  return {
    title: `${cause.cause}, ${cause.state === 'not-checked' ? 'not checked' : cause.state}${columns}${since}`,
    sentences: [
      ...list('for', cause.supports),
      ...list('against', cause.against),
      ...list('could not be checked', cause.unchecked),
    ],
  };
}

function claimSentence(claim: Alleged, most: number): string {
  const alerts = claim.alerts.slice(0, most).map(({ scope, column, method, score, threshold }) => {
    const against = threshold === null ? '' : ` against ${threshold}`;
    return `${column ?? scope} (${method} ${score ?? 'without a score'}${against})`;
  });
  const more = claim.alerts.length > most ? [`${claim.alerts.length - most} more`] : [];
  const rows = claim.nCurrent === null ? 'rows not told' : `${claim.nCurrent} rows`;
  const says = alerts.length === 0 ? 'nothing that alerts' : [...alerts, ...more].join(', ');
  return [`${claim.monitor} on ${span(claim.window)}, ${rows}: ${says}.`, ...claim.absent.slice(0, most)].join(' ');
}

/** Sections without a sentence are left out, those of a cause are not: each was looked at. */
export function triageSections(assessment: Assessment, shown: Shown = {}): TriageSection[] {
  const { triage, facts, checks, reasons } = assessment;
  const { incidentId, isNext = true, most = Number.POSITIVE_INFINITY } = shown;
  const failed = checks.filter(({ passed }) => !passed);
  const causes = ORDER.flatMap((state) => (triage?.causes ?? []).filter((cause) => cause.state === state));
  const incident = incidentId === undefined ? [] : [`It belongs to incident ${incidentId}.`];
  const filled = (...sections: TriageSection[]): TriageSection[] =>
    sections.filter(({ sentences }) => sentences.length > 0);
  const sections = [
    ...filled(
      { title: 'Why', sentences: [...(triage?.reasons ?? reasons), ...incident] },
      { title: 'Next step', sentences: triage === undefined || !isNext ? [] : [triage.next] },
    ),
    ...causes.map(causeSection),
    ...filled(
      { title: 'Checks that failed', sentences: failed.map(({ severity, text }) => `${severity}: ${text}`) },
      {
        title: 'Claims that it answers',
        sentences: (facts?.claims ?? []).map((claim) => claimSentence(claim, Math.min(most, 12))),
      },
      { title: 'Measured', sentences: facts === undefined ? [] : measuredSentences(facts) },
      { title: 'Could not be measured', sentences: facts?.notMeasured ?? [] },
    ),
  ];
  return sections.map(({ title, sentences }) => ({ title: oneLine(title), sentences: cutList(sentences, most) }));
}

function cutList(sentences: readonly string[], most: number): string[] {
  const kept = sentences.slice(0, most).map((text) => oneLine(text));
  const more = sentences.length - kept.length;
  return more > 0 ? [...kept, `${more} more.`] : kept;
}

const clipSentence = (text: string): string => {
  const characters = [...text];
  return characters.length <= MAX_SENTENCE ? text : `${characters.slice(0, MAX_SENTENCE).join('')}…`;
};

/** Markdown of at most 8,000 bytes of JSON; what does not fit is counted. */
export function triageDetails(assessment: Assessment, shown: Pick<Shown, 'incidentId'> = {}): string {
  const lines = triageSections(assessment, { ...shown, most: SHORT_LIST }).flatMap(({ title, sentences }) => [
    '',
    `**${plainText(clipSentence(title))}**`,
    '',
    ...sentences.map((text) => `- ${plainText(clipSentence(text))}`),
  ]);
  return fitting([`### Assessed as ${plainText(clipSentence(triageHeadline(assessment)))}`, ...lines]);
}

function fitting(lines: readonly string[]): string {
  const encoder = new TextEncoder();
  let bytes = 200;
  for (const [at, line] of lines.entries()) {
    // As JSON, which is what travels: quotes and backslashes take two, as its line break does.
    bytes += encoder.encode(JSON.stringify(line)).length;
    if (bytes <= MAX_DETAILS_BYTES) continue;
    const left = lines.slice(at).filter((one) => one !== '').length;
    return [...lines.slice(0, at), '', `${left} more lines: \`npx perennial show RUN\` prints them.`].join('\n');
  }
  return lines.join('\n');
}
