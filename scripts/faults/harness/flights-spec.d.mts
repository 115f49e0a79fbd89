import type { TrainerSpec } from '#dist/core/spec/schema.js';

export function flightsFile(): Promise<string>;
export function flightsSpec(
  model: string,
  options?: { path?: string; fraction?: number; trainer?: Partial<TrainerSpec>; approval?: string },
): string;
