/** The words in which a person says why: by every way the same length, and never empty. */

/** Characters. */
export const MAX_REASON = 2_000;

export const emptyFault = (reason: unknown): string | null =>
  typeof reason === 'string' && reason.trim() === '' ? 'reason is empty: say why.' : null;

/** Null when nothing is wrong. */
export const reasonFault = (reason: string): string | null =>
  emptyFault(reason) ??
  (reason.length > MAX_REASON ? `reason is too long: ${reason.length} characters, at most ${MAX_REASON}.` : null);
