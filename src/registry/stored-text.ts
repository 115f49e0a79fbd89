/**
 * Text and JSON on their way into Postgres. Postgres cannot hold NUL, and the driver would turn a lone surrogate into
 * U+FFFD without a word, so that two different ids became one and the audit no longer matched its table.
 */
import { canonicalJson } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';

/** Bytes of UTF-8; the schema's domain `external_id` says the same. */
const MAX_ID_BYTES = 1200;
// Without the `u` flag a well-formed pair would match too.
const LONE_SURROGATE = /\p{Surrogate}/u;

function refuse(field: string, problem: string): never {
  throw new PipelineError('SIGNAL_INVALID', `${field} ${problem}.`, { details: { field } });
}

/** @throws SIGNAL_INVALID naming the field */
export function checkTexts(fields: Readonly<Record<string, string | null>>): void {
  for (const [field, text] of Object.entries(fields)) {
    if (text === null) continue;
    if (text.includes('\0')) refuse(field, 'holds a NUL character, which cannot be stored');
    if (LONE_SURROGATE.test(text)) refuse(field, 'holds half a surrogate pair, which is no Unicode text');
  }
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

function checkJsonTexts(value: unknown, field: string): void {
  if (typeof value === 'string') checkTexts({ [field]: value });
  else if (Array.isArray(value)) for (const item of value) checkJsonTexts(item, field);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      checkTexts({ [field]: key });
      checkJsonTexts(member, field);
    }
  }
}

/**
 * Canonical text of a JSON-safe value, for a jsonb column.
 * @throws SIGNAL_INVALID for text that cannot be stored, INVARIANT_BROKEN for NaN and what else JSON cannot say
 */
export function storedJson(field: string, value: unknown): string {
  checkJsonTexts(value, field);
  return canonicalJson(value);
}
