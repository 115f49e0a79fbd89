// What the machine must bring: a Node version that is supported, pip, a C++ compiler. Each refusal names its remedy.
import { isSupportedPlatform, pins } from './paths.mjs';
import { tryRun } from './run.mjs';
import { SetupError, say } from './say.mjs';

function compareVersions(left, right) {
  const [a, b] = [left, right].map((version) => version.split('.').map((part) => Number.parseInt(part, 10)));
  for (let i = 0; i < 3; i += 1) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) - (b[i] ?? 0);
  }
  return 0;
}

/** Refuses a Node version outside the supported range, and says so where the platform itself is untested. */
export function requireNode() {
  const { minimum, below } = pins.node;
  const found = process.versions.node;
  if (compareVersions(found, minimum) < 0 || compareVersions(found, below) >= 0)
    throw new SetupError(
      `Node ${found} is not supported (needs ${minimum} or later, before ${below})`,
      'install Node 22 and run the same command again',
    );
  if (!isSupportedPlatform())
    say(
      `note: ${process.platform} ${process.arch} is untested; only Linux x64 is supported. The native parts' own downloads are used.`,
    );
}

/** Refuses when `python3 -m pip` does not run; answers its version line. */
export async function requirePip() {
  const result = await tryRun('python3', ['-m', 'pip', '--version']);
  if (result === undefined)
    throw new SetupError('python3 is not installed', 'install it, on Debian: apt-get install python3 python3-pip');
  if (result.status !== 0)
    throw new SetupError('pip is not installed for python3', 'install it, on Debian: apt-get install python3-pip');
  return result.stdout.trim();
}

/** The C++ compiler to use (CXX, else g++, else clang++) as `{command, version}`; refuses when there is none. */
export async function requireCompiler() {
  for (const command of [process.env.CXX, 'g++', 'clang++'].filter(Boolean)) {
    const result = await tryRun(command, ['--version']);
    if (result?.status === 0) return { command, version: result.stdout.split('\n')[0] };
  }
  throw new SetupError(
    'no C++ compiler found (looked for $CXX, g++, clang++)',
    'install one, on Debian: apt-get install g++',
  );
}
