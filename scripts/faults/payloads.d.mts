/** Prints what it found; 0 when all of it holds. */
export function runPayloads(
  context: { signal: AbortSignal; say: (line: string) => void; cleanUps: (() => Promise<unknown>)[] },
  options: { count: number; seed: number },
): Promise<0 | 1>;
