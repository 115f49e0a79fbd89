/** One thing wrong in a pipeline file, before it has a line number. */
export interface SpecProblem {
  readonly path: readonly (string | number)[];
  /** What is wrong and what to write instead. */
  readonly message: string;
  /** Points at the key instead of the value (an unknown key). */
  readonly isAtKey?: boolean;
}

/** `['features', 2, 'column']` -> `features[2].column`. */
export function pathText(path: readonly (string | number)[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return text.replace(/^\./, '') || '(the whole file)';
}
