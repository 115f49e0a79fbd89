// A table for a terminal: right-aligned columns under their heads.
export function printTable(head, rows) {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at].length)));
  for (const row of [head, ...rows]) console.log(row.map((cell, at) => cell.padStart(widths[at])).join('  '));
}
