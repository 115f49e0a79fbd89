// A plain table with aligned columns, and the last line that says whether it holds.

export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  return [line(all[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...all.slice(1).map(line)].join('\n');
}

/**
 * Prints each check, then the verdict as the last line.
 * @param checks {text, passed}[]
 * @returns the exit status
 */
export function conclude(checks, summary) {
  for (const { text, passed } of checks) console.log(`${passed ? 'yes' : 'NO '}  ${text}`);
  const failed = checks.filter(({ passed }) => !passed);
  console.log(failed.length === 0 ? `holds: ${summary}` : `falls short: ${failed.map(({ text }) => text).join('; ')}`);
  return failed.length === 0 ? 0 : 1;
}
