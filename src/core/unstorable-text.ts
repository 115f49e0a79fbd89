/**
 * Text that no part of the platform can keep: Postgres holds no NUL, and half a surrogate pair is no Unicode text, which
 * encoders turn into U+FFFD without a word, so that two different ids would become one.
 */

// With the `u` flag a well-formed pair is one character and does not match.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What is wrong with a text, as the end of a sentence that begins with its name; null when it can be kept. */
export function unstorableText(text: string): string | null {
  if (text.includes('\0')) return 'holds a NUL character, which cannot be stored';
  if (LONE_SURROGATE.test(text)) return 'holds half a surrogate pair, which is no Unicode text';
  return null;
}

/** Recursion over a message (canonical JSON, for one) must not end at the stack's limit. */
const MAX_DEPTH = 100;

/** The same for every key and text in a JSON-safe value; one that is nested too deeply cannot be kept either. */
export function unstorableJson(value: unknown): string | null {
  const left: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value: present, depth } = next;
    const fault = typeof present === 'string' ? unstorableText(present) : null;
    if (fault !== null) return fault;
    if (typeof present !== 'object' || present === null) continue;
    if (depth === MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
    for (const [key, member] of Object.entries(present)) {
      left.push({ value: key, depth }, { value: member, depth: depth + 1 });
    }
  }
  return null;
}
