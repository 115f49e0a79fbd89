// Simulations that check what the project promises of its statistics: `node scripts/simulate/main.mjs NAME [--trials N]`;
// `triage` also takes `--rows N`, one size alone. Each prints a table and a last line `holds …` (exit 0) or `falls short …`
// (exit 1). Needs the build.
import { parseArgs } from 'node:util';

const SIMULATIONS = {
  coverage: () => import('./coverage.mjs'),
  'false-alarms': () => import('./false-alarms.mjs'),
  'false-promotions': () => import('./false-promotions.mjs'),
  triage: () => import('./triage.mjs'),
};

function refuse(message) {
  console.error(message);
  console.error(`Simulations: ${Object.keys(SIMULATIONS).join(', ')}. Write: main.mjs NAME [--trials N] [--rows N]`);
  process.exitCode = 2;
}

async function main() {
  let given;
  try {
    given = parseArgs({ allowPositionals: true, options: { trials: { type: 'string' }, rows: { type: 'string' } } });
  } catch (error) {
    return refuse(error.message);
  }
  const [name] = given.positionals;
  if (name === undefined || !Object.hasOwn(SIMULATIONS, name)) {
    return refuse(name === undefined ? 'Which simulation?' : `There is no simulation ${name}.`);
  }
  const { about, defaultTrials, run } = await SIMULATIONS[name]();
  const trials = given.values.trials === undefined ? defaultTrials : Number(given.values.trials);
  if (!Number.isInteger(trials) || trials < 1) return refuse('--trials is a whole number from 1 on.');
  const rows = given.values.rows === undefined ? null : Number(given.values.rows);
  if (rows !== null && name !== 'triage') return refuse(`${name} has no --rows.`);
  if (rows !== null && (!Number.isInteger(rows) || rows < 1)) return refuse('--rows is a whole number from 1 on.');
  console.log(`${name}: ${about}.`);
  process.exitCode = (await run(trials, rows === null ? {} : { sizes: [rows] })) ? 0 : 1;
}

await main();
