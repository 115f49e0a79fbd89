/** An answer that serves all who ask within a moment: what anybody may ask for must not cost a query each. */
export function keptFor<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let kept: { readonly answer: Promise<T>; readonly atMs: number } | undefined;
  return () => {
    if (kept === undefined || performance.now() - kept.atMs > ms) kept = { answer: ask(), atMs: performance.now() };
    return kept.answer;
  };
}
