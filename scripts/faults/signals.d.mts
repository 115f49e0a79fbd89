/** Prints what it found; 0 when all of it holds. */
export function runSignals(
  context: { signal: AbortSignal; say: (line: string) => void; cleanUps: (() => Promise<unknown>)[] },
  options: { count: number; seed: number; outageMs?: number; quiet?: string },
): Promise<0 | 1>;
