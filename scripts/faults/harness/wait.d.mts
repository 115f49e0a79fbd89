export function until<T>(
  what: string,
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  options?: { timeoutMs?: number; everyMs?: number; signal?: AbortSignal },
): Promise<T>;
