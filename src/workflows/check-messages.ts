/**
 * Is a message well-formed? Hand-written instead of zod: anything thrown in a signal handler would block the workflow
 * task for ever, so each check returns a sentence, or null when nothing is wrong.
 */
import { aheadFault } from '../core/ahead.js';
import { MOST_VERSION_COLUMNS } from '../core/messages.js';
import { emptyFault, MAX_REASON } from '../core/reason.js';
import { isReservedSource } from '../core/signals/reserved-sources.js';
import type { Cause } from '../core/types.js';
import { unstorableJson, unstorableText } from '../core/unstorable-text.js';

const MAX_ID = 200;
/** Room for the envelope below the 16 KB that no payload may exceed. */
const MAX_MESSAGE_BYTES = 16_000;
const CAUSES: readonly Cause[] = ['schedule', 'drift', 'performance', 'labels', 'version-change', 'manual'];

type Fields = Readonly<Record<string, unknown>>;

/** UTF-8 bytes of the value as JSON; without end when it is nested too deeply to be written as JSON at all. */
export function bytesOf(value: unknown): number {
  try {
    return new TextEncoder().encode(JSON.stringify(value) ?? '').length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

const sizeFault = (value: unknown): string | null =>
  bytesOf(value) > MAX_MESSAGE_BYTES ? 'the message is larger than 16 KB.' : null;

function textFault(fields: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    const value = fields[name];
    if (typeof value !== 'string') return `${name} is missing: it must be a text.`;
    const most = name === 'reason' ? MAX_REASON : MAX_ID;
    if (value.length > most) return `${name} is too long: at most ${most} characters.`;
    const fault = unstorableText(value);
    if (fault !== null) return `${name} ${fault}.`;
  }
  return null;
}

const asFields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/;

/**
 * Stricter than Date.parse, which reads `March 7` in the worker's own time zone; and what is accepted has a year of four
 * digits in UTC too, so that instants compare as text.
 */
const instantFault = (value: unknown, name: string): string | null =>
  typeof value === 'string' && INSTANT.test(value) && /^\d{4}-/.test(utcOf(value))
    ? null
    : `${name} must be an ISO 8601 instant, e.g. 2001-03-01T00:00:00Z.`;

const utcOf = (text: string): string => {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString();
};

const idFault = (fields: Fields): string | null =>
  fields.eventId === '' ? 'eventId is empty: it tells repeats apart.' : textFault(fields, ['eventId']);

export function checkLabels(value: unknown): string | null {
  const fields = asFields(value);
  return idFault(fields) ?? instantFault(fields.through, 'through') ?? sizeFault(value);
}

/** What a version touches; absent: not told. */
function columnsFault(value: unknown): string | null {
  if (value === undefined) return null;
  const isList = Array.isArray(value) && value.length <= MOST_VERSION_COLUMNS;
  const isNames = isList && value.every((name) => typeof name === 'string' && name !== '' && name.length <= MAX_ID);
  return isNames ? null : `columns must be a list of at most ${MOST_VERSION_COLUMNS} names.`;
}

export function checkVersion(value: unknown): string | null {
  const fields = asFields(value);
  const fault = idFault(fields) ?? textFault(fields, ['kind']) ?? columnsFault(fields.columns) ?? sizeFault(value);
  if (fault !== null) return fault;
  const unstorable = unstorableJson(value);
  return unstorable === null ? null : `the message ${unstorable}.`;
}

/** Of pausing and of resuming. */
export function checkPause(value: unknown): string | null {
  const fields = asFields(value);
  return emptyFault(fields.reason) ?? idFault(fields) ?? textFault(fields, ['by', 'reason']) ?? sizeFault(value);
}

export function checkChampionMoved(value: unknown): string | null {
  return Number.isInteger(asFields(value).epoch) ? null : 'epoch must be a whole number.';
}

export function checkDecision(value: unknown): string | null {
  const fields = asFields(value);
  if (fields.decision !== 'approve' && fields.decision !== 'reject') return 'decision must be approve or reject.';
  return idFault(fields) ?? textFault(fields, ['by', 'reason', 'evidence']) ?? sizeFault(value);
}

const questionFault = ({ question }: Fields): string | null =>
  ['labels', 'assessment', undefined].includes(question as string | undefined)
    ? null
    : 'question must be labels or assessment.';

export function checkQuestionAnswer(value: unknown): string | null {
  const fields = asFields(value);
  if (!['proceed', 'shrink', 'abort'].includes(String(fields.answer)))
    return 'answer must be proceed, shrink or abort.';
  return questionFault(fields) ?? idFault(fields) ?? textFault(fields, ['by', 'reason']) ?? sizeFault(value);
}

export function checkExtension(value: unknown): string | null {
  const fields = asFields(value);
  return (
    questionFault(fields) ??
    idFault(fields) ??
    instantFault(fields.until, 'until') ??
    textFault(fields, ['by', 'reason']) ??
    sizeFault(value)
  );
}

/** What a person sends by Signal; `until` belongs to extend alone. */
export function checkLabelDecision(value: unknown): string | null {
  const fields = asFields(value);
  if (fields.decision === 'extend') return checkExtension(value);
  if (!['proceed', 'shrink', 'abort'].includes(String(fields.decision)))
    return 'decision must be proceed, shrink, abort or extend.';
  if (fields.until != null) return 'until is for extend alone.';
  return checkQuestionAnswer({ ...fields, answer: fields.decision });
}

const clockFault = (value: unknown): string | null => {
  const clock = asFields(value);
  if (clock.mode === 'wall') return null;
  return clock.mode === 'replay' ? instantFault(clock.now, 'clock.now') : 'clock.mode must be wall or replay.';
};

export function checkClaim(value: unknown): string | null {
  const fields = asFields(value);
  const fault = idFault(fields) ?? textFault(fields, ['source']);
  if (fault !== null) return fault;
  if (isReservedSource(String(fields.source))) return "source is the platform's own: name another.";
  if (fields.clock !== undefined) {
    const clock = clockFault(fields.clock);
    if (clock !== null) return clock;
  }
  if (!['drift', 'performance', undefined].includes(fields.cause as string | undefined)) {
    return 'cause must be drift or performance.';
  }
  // A claim is kept whole, whatever it carries.
  const unstorable = unstorableJson(value);
  return sizeFault(value) ?? (unstorable === null ? null : `the claim ${unstorable}.`);
}

export function checkRetrainRequest(value: unknown): string | null {
  const fields = asFields(value);
  if (fields.triggerId === '') return 'triggerId is empty: it tells repeats apart.';
  if (fields.cause === 'labels') return 'labels are told by labelsArrivedSignal, which says through when.';
  if (!CAUSES.includes(fields.cause as Cause)) return `cause must be one of ${CAUSES.join(', ')}.`;
  if (!['by-policy', 'off', undefined].includes(fields.promotion as string | undefined))
    return 'promotion must be by-policy or off.';
  return (
    emptyFault(fields.reason) ??
    textFault(fields, ['triggerId', 'requestedBy', 'reason']) ??
    clockFault(fields.clock) ??
    sizeFault(value)
  );
}

/**
 * A time of a sound message that lies more than a day ahead: of labels `through`, of a version `at`, of a claim or a request its
 * clock. A client refuses any clock of the future; here a day leaves room for clocks of machines that differ.
 * @param nowMs the workflow's own time
 */
export function checkAhead(value: unknown, name: 'through' | 'at' | 'clock', nowMs: number): string | null {
  const field = asFields(value)[name];
  const time = name === 'clock' ? asFields(field).now : field;
  if (instantFault(time, name) !== null) return null;
  return aheadFault(name === 'clock' ? 'clock.now' : name, String(time), nowMs);
}

export function checkRollback(value: unknown): string | null {
  const fields = asFields(value);
  const to = fields.toVersion;
  if (to !== null && !(Number.isInteger(to) && (to as number) > 0))
    return 'toVersion must be a version number or null.';
  if (fields.moveKey === '') return 'moveKey is empty: it tells repeats apart.';
  return emptyFault(fields.reason) ?? textFault(fields, ['moveKey', 'by', 'reason']) ?? sizeFault(value);
}

/** What a run is started with: by the coordinator, or by hand. */
export function checkRetrainInput(value: unknown): string | null {
  const fields = asFields(value);
  if (!CAUSES.includes(fields.cause as Cause)) return `cause must be one of ${CAUSES.join(', ')}.`;
  if (!Number.isInteger(fields.runNo)) return 'runNo must be a whole number.';
  return textFault(fields, ['modelId', 'specDigest', 'requestedBy']) ?? clockFault(fields.clock);
}

export const checkCoordinatorInput = (value: unknown, workflowId: string): string | null => {
  const { modelId } = asFields(value);
  return workflowId === `model/${String(modelId)}`
    ? null
    : `the workflow's id is ${workflowId}, its input names model ${String(modelId)}: the id must be model/<modelId>.`;
};

/** Whether there is anything between its instants is the plan's to say. */
export function checkBackfillInput(value: unknown, workflowId: string): string | null {
  const fields = asFields(value);
  const fault = textFault(fields, ['modelId', 'name', 'requestedBy']);
  if (fault !== null) return fault;
  const id = `backfill/${String(fields.modelId)}/${String(fields.name)}`;
  if (workflowId !== id) return `the workflow's id is ${workflowId}, its input names ${id}.`;
  if (fields.promotion !== 'by-policy' && fields.promotion !== 'off') return 'promotion must be by-policy or off.';
  if (fields.every !== null && typeof fields.every !== 'string') return 'every must be a text or null.';
  return instantFault(fields.from, 'from') ?? instantFault(fields.to, 'to');
}
