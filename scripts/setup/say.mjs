// Plain progress lines and the one error class of set-up: what failed and what to do about it.
// Dependency-free on purpose: everything under scripts/setup runs before `npm ci` has run.

/** A set-up step that failed; `remedy` is one sentence the reader can act on. */
export class SetupError extends Error {
  constructor(message, remedy, options = {}) {
    super(message, options);
    this.name = 'SetupError';
    this.remedy = remedy;
  }
}

/** Prints one line to standard error, so that a command's own standard output stays clean. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Seconds since `startedAtMs`, with one decimal. */
export function secondsSince(startedAtMs) {
  return `${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`;
}

/** Prints an error of set-up with its remedy; returns the exit status to use. */
export function reportFailure(error) {
  if (error instanceof SetupError) {
    say(`set-up failed: ${error.message}`);
    say(`  what to do: ${error.remedy}`);
    return 1;
  }
  say(`set-up failed unexpectedly: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 1;
}
