/**
 * Text and JSON on their way into Postgres: what cannot be kept as it is (core/unstorable-text.ts) is refused here, save
 * where refusing would do more harm than a changed character.
 */
import { canonicalJson } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';
import { reasonFault } from '../core/reason.js';
import { unstorableJson, unstorableText } from '../core/unstorable-text.js';

/** Bytes of UTF-8; the schema's domain `external_id` says the same. */
const MAX_ID_BYTES = 1200;

function refuse(field: string, problem: string): never {
  throw new PipelineError('SIGNAL_INVALID', `${field} ${problem}.`, { details: { field } });
}

/** With U+FFFD for each character that cannot be stored. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

/** @throws SIGNAL_INVALID naming the field */
export function checkTexts(fields: Readonly<Record<string, string | null>>): void {
  for (const [field, text] of Object.entries(fields)) {
    const fault = text === null ? null : unstorableText(text);
    if (fault !== null) refuse(field, fault);
  }
}

/** Of a person. @throws SIGNAL_INVALID when it is empty, too long or cannot be stored */
export function checkReason(reason: string): void {
  checkTexts({ reason });
  const fault = reasonFault(reason);
  if (fault !== null) throw new PipelineError('SIGNAL_INVALID', fault, { details: { field: 'reason' } });
}

/** Ids from outside: 1 to 1200 bytes. @throws SIGNAL_INVALID naming the field */
export function checkIds(fields: Readonly<Record<string, string>>): void {
  checkTexts(fields);
  for (const [field, text] of Object.entries(fields)) {
    if (text === '') refuse(field, 'is empty');
    const bytes = Buffer.byteLength(text, 'utf8');
    if (bytes > MAX_ID_BYTES) refuse(field, `is ${bytes} bytes long; an id has at most ${MAX_ID_BYTES}`);
  }
}

/** A JSON-safe value on its way into a jsonb column. @throws SIGNAL_INVALID for text that cannot be stored */
export function checkStorable(field: string, value: unknown): void {
  const fault = unstorableJson(value);
  if (fault !== null) refuse(field, fault);
}

/**
 * Canonical text of a JSON-safe value, for a jsonb column.
 * @throws SIGNAL_INVALID for text that cannot be stored, INVARIANT_BROKEN for NaN and what else JSON cannot say
 */
export function storedJson(field: string, value: unknown): string {
  checkStorable(field, value);
  return canonicalJson(value);
}
