// Everything `npm test` checks, in order, ending with the one plain line `N passed, N failed`. Arguments are file filters
// for vitest; with any, only the tests are run, since format, lint and types do not depend on them.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuild } from './build.mjs';
import { rootDir } from './paths.mjs';
import { reportFailure, say, secondsSince } from './say.mjs';

const bin = (name) => join(rootDir, 'node_modules', '.bin', name);
const PROJECTS = ['plain', 'services'];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a program with its output shown; resolves its exit status (1 when a signal ended it). Signals are passed on. */
function show(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: rootDir, stdio: ['ignore', 'inherit', 'inherit'] });
    // A terminal sends Ctrl-C to the child as well; sent twice it does no harm: vitest ends at once and tidies up.
    const forward = (signal) => child.kill(signal);
    for (const signal of SIGNALS) process.on(signal, forward);
    const done = () => {
      for (const signal of SIGNALS) process.off(signal, forward);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('close', (status) => {
      done();
      resolve(status ?? 1);
    });
  });
}

/** One check that passes or fails as a whole. */
async function check(name, work) {
  const startedAtMs = Date.now();
  say(`== ${name}`);
  const hasPassed = await work();
  say(`== ${name}: ${hasPassed ? 'passed' : 'FAILED'} in ${secondsSince(startedAtMs)}`);
  return hasPassed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

const succeeds = async (command, args) => (await show(command, args)) === 0;

async function builds() {
  try {
    await ensureBuild();
    return true;
  } catch (error) {
    reportFailure(error);
    return false;
  }
}

/**
 * Counts of vitest's JSON report. A file that could not be loaded has no assertions and counts as one failure; so does a
 * run that ended badly although every test passed (an unhandled error, a crash).
 */
function countReport(report, status) {
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const passed = tests.filter((test) => test.status === 'passed').length;
  const failedTests = tests.filter((test) => test.status === 'failed').length;
  const brokenFiles = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = failedTests + brokenFiles;
  const skipped = tests.length - passed - failedTests;
  if (skipped > 0) say(`note: ${skipped} tests were skipped`);
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
}

async function runProject(project, filters) {
  const dir = await mkdtemp(join(tmpdir(), 'perennial-report-'));
  const output = join(dir, 'report.json');
  say(`== tests: ${project}`);
  try {
    const args = ['run', '--project', project, '--passWithNoTests', '--reporter=default', '--reporter=json'];
    const status = await show(bin('vitest'), [...args, `--outputFile.json=${output}`, ...filters]);
    const text = await readFile(output, 'utf8').catch(() => undefined);
    return countReport(text === undefined ? undefined : JSON.parse(text), status);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function sum(counts) {
  return counts.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }), {
    passed: 0,
    failed: 0,
  });
}

async function staticChecks() {
  return [
    await check('format', () => succeeds(bin('biome'), ['format', '.'])),
    await check('lint', () => succeeds(bin('biome'), ['lint', '.'])),
    await check('types', () => succeeds(bin('tsc'), ['-p', 'tsconfig.json', '--noEmit'])),
  ];
}

async function allTests(filters) {
  const counts = [];
  for (const project of PROJECTS) counts.push(await runProject(project, filters));
  const total = sum(counts);
  if (total.passed + total.failed > 0) return total;
  say(`no test file matches: ${filters.join(' ')}`);
  return { passed: 0, failed: 1 };
}

/** Runs it all, prints the count as the last line, answers the exit status. */
export async function runTests(filters) {
  const counts = filters.length === 0 ? await staticChecks() : [];
  const build = await check('build', builds);
  counts.push(build);
  if (build.failed > 0) say('the tests need the build: not run');
  else {
    if (filters.length === 0) {
      counts.push(await check('types of the tests', () => succeeds(bin('tsc'), ['-p', 'test/tsconfig.json'])));
      counts.push(await check('nothing unused', () => succeeds(bin('knip'), [])));
    }
    counts.push(await allTests(filters));
  }
  const { passed, failed } = sum(counts);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}
