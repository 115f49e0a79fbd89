/**
 * Shortens what stands in a summary by UTF-8 bytes: the server refuses a summary above 400 bytes, and a refused command
 * blocks the workflow task for ever.
 */
const MAX_SUMMARY_BYTES = 200;

export function clip(text: string): string {
  const encoder = new TextEncoder();
  let bytes = 0;
  let clipped = '';
  for (const character of text) {
    bytes += encoder.encode(character).length;
    if (bytes > MAX_SUMMARY_BYTES) return `${clipped}…`;
    clipped += character;
  }
  return clipped;
}
