/**
 * Reading of payloads that nobody here wrote: members by own key alone (`__proto__` and inherited names are nothing), a
 * value of another kind than expected is null, and every refusal says which payload, what is missing and what to do.
 */
import { PipelineError } from '../errors.js';
import type { Envelope, SignalFormat } from './drift-claim.js';

/** A body on its way through an adapter. */
export interface SignalBody {
  /** The route that it came by; an event's data keep `cloudevents`. */
  readonly format: SignalFormat;
  /** The whole text: the digest of a body without an id is taken over it. */
  readonly text: string;
  /** The parsed value where there is one already, as in the data of an event. */
  readonly parsed?: unknown;
  readonly envelope: Envelope;
  /** What was odd about the body around it. */
  readonly notes?: readonly string[];
}

const MAX_RAW_CHARACTERS = 2_000;
/** Of a whole body. */
export const MAX_CLAIMS = 500;
const MAX_PARTS = 20_000;

export type Fields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** Null for a missing member as well as for a null one. */
export function member(value: unknown, key: string): unknown {
  const fields = asFields(value);
  return fields !== null && Object.hasOwn(fields, key) ? (fields[key] ?? null) : null;
}

export function memberAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(member, value);
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Finite or null: NaN and infinities are read as texts (lenient-json.ts), and texts are no numbers. */
export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function asList(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? value : null;
}

/** 0, 1 and booleans. */
export function asFlag(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  return value === 0 || value === 1 ? value === 1 : null;
}

/** Rows: whole and not negative, or null. */
export function asCount(value: unknown): number | null {
  const number = asNumber(value);
  return number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** A text cut so that no surrogate pair is split. */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
}

export function rawOf(part: unknown): string {
  return cutText(JSON.stringify(part) ?? 'null', MAX_RAW_CHARACTERS);
}

/** The scope that a column's name tells; monitors' own default names, as Evidently's. */
export function scopeOfColumn(column: string): 'column' | 'prediction' | 'target' {
  return column === 'prediction' || column === 'target' ? column : 'column';
}

/** Findings and absences of a whole body, counted before they are built. @throws SIGNAL_INVALID beyond 20,000 */
export function limitParts(format: SignalFormat, parts: number): void {
  if (parts <= MAX_PARTS) return;
  refuse(format, `holds ${parts} findings and absences, more than ${MAX_PARTS}: send it in parts.`);
}

/** @throws SIGNAL_INVALID always */
export function refuse(format: SignalFormat, problem: string, details: Record<string, unknown> = {}): never {
  throw new PipelineError('SIGNAL_INVALID', `The ${format} signal ${problem}`, { details: { format, ...details } });
}
