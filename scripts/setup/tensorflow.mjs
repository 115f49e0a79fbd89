// TensorFlow's C library from the pinned wheel and the tfjs-node add-on compiled against it. The add-on uses the C
// interface only, so the wheel's library serves; it is always the same file, so that artifact digests agree between
// machines. Both lie in the user's cache and are linked into node_modules, so that a second checkout takes seconds.
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ensureEntry, entryDir } from './cache.mjs';
import { pins, rootDir } from './paths.mjs';
import { run, tailOf, tryRun } from './run.mjs';
import { SetupError, say, secondsSince } from './say.mjs';
import { requireCompiler } from './tools.mjs';
import { fetchFromWheel } from './wheel.mjs';

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const HEADERS = [
  'tensorflow/c/(?:c_api|c_api_macros|tf_attrtype|tf_buffer|tf_datatype|tf_status|tf_tensor|tf_tstring)\\.h',
  'tensorflow/c/eager/c_api\\.h',
  '(?:tensorflow/core|tsl)/platform/(?:ctstring|ctstring_internal)\\.h',
  'xla/tsl/c/tsl_status\\.h',
];
const FLAGS = ['-O2', '-shared', '-fPIC', '-std=c++17', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'];
const ADDON = join('lib', 'napi-v8', 'tfjs_binding.node');

function packageDir(name) {
  return join(rootDir, 'node_modules', ...name.split('/'));
}

async function stripLibraries(dir) {
  const startedAtMs = Date.now();
  for (const name of LIBRARIES) {
    const result = await tryRun('strip', ['--strip-unneeded', join(dir, 'lib', name)]);
    if (result === undefined || result.status !== 0) {
      say('  `strip` is not usable: the libraries are kept unstripped (850 MB instead of 610 MB)');
      return false;
    }
  }
  say(`  libraries stripped of debug symbols in ${secondsSince(startedAtMs)}`);
  return true;
}

function ensureLibrary(isThorough) {
  const pin = pins.parts.tensorflow;
  return ensureEntry({
    part: 'tensorflow',
    key: pin.sha256,
    isThorough,
    fill: async (dir) => {
      const members = { 'tensorflow/(lib[^/]+\\.so\\.2)': 'lib/\\1' };
      for (const header of HEADERS) members[`tensorflow/include/(${header})`] = 'include/\\1';
      members['tensorflow/(THIRD_PARTY_NOTICES\\.txt|include/LICENSE)'] = 'licences/\\1';
      await fetchFromWheel({ pin, dir, members });
      return { version: pin.version, isStripped: await stripLibraries(dir) };
    },
  });
}

/** The add-on's key covers everything it is made of: library, sources, headers, compiler and flags. */
async function addonKey(compiler) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([pins.parts.tensorflow.sha256, compiler.command, compiler.version, FLAGS]));
  const folders = [
    join(packageDir('@tensorflow/tfjs-node'), 'binding'),
    join(packageDir('node-api-headers'), 'include'),
  ];
  for (const folder of folders) {
    for (const name of (await readdir(folder)).sort()) hash.update(name).update(await readFile(join(folder, name)));
  }
  return hash.digest('hex');
}

async function compile({ dir, libraryDir, compiler }) {
  const startedAtMs = Date.now();
  const binding = join(packageDir('@tensorflow/tfjs-node'), 'binding');
  const output = join(dir, ADDON);
  await mkdir(dirname(output), { recursive: true });
  // Two levels below the entry lies the add-on, as in the package; `deps` leads to the library from there.
  await symlink(relative(join(entryDir('tfjs-addon', 'x')), libraryDir), join(dir, 'deps'));
  const args = [...FLAGS, '-DNODE_GYP_MODULE_NAME=tfjs_binding'];
  args.push('-I', join(packageDir('node-api-headers'), 'include'), '-I', join(libraryDir, 'include'));
  args.push(join(binding, 'tfjs_backend.cc'), join(binding, 'tfjs_binding.cc'));
  args.push(...LIBRARIES.map((name) => join(libraryDir, 'lib', name)));
  args.push('-Wl,-rpath,$ORIGIN/../../deps/lib', '-o', output);
  say(`compiling the TensorFlow add-on with ${compiler.version} (about 20 s)`);
  const result = await run(compiler.command, args);
  if (result.status !== 0)
    throw new SetupError(
      `${compiler.command} could not compile the TensorFlow add-on:\n${tailOf(result)}`,
      'a compiler for C++17 is needed (g++ 9 or later, or clang++ 10 or later); set CXX to choose one',
    );
  say(`  compiled in ${secondsSince(startedAtMs)}`);
}

/** Replaces whatever lies at `path` by a symbolic link, atomically; a link that is right is left alone. */
async function link(path, target) {
  if ((await readlink(path).catch(() => undefined)) === target) return;
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory()) await rm(path, { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await rm(temporary, { force: true });
  await symlink(target, temporary);
  await rename(temporary, path);
}

/** Loads the linked add-on in a process of its own: a compiled file is not yet one that works here. */
async function probe() {
  const script = join(rootDir, 'scripts', 'setup', 'probe-tensorflow.mjs');
  const result = await run(process.execPath, [script], { cwd: rootDir });
  if (result.status === 0) return;
  throw new SetupError(
    `the TensorFlow add-on does not load (${result.signal ?? `status ${result.status}`}):\n${tailOf(result)}`,
    'the library needs a processor with AVX; if the compiler changed, remove the folder tfjs-addon in the cache and run it again',
  );
}

/** Makes sure that `@tensorflow/tfjs-node` can load its add-on; returns `{path, isFresh}`. */
export async function ensureTensorflow({ isThorough = false } = {}) {
  const compiler = await requireCompiler();
  const library = await ensureLibrary(isThorough);
  const addon = await ensureEntry({
    part: 'tfjs-addon',
    key: await addonKey(compiler),
    isThorough,
    fill: async (dir) => {
      await compile({ dir, libraryDir: library.dir, compiler });
      return { version: pins.parts.tensorflow.version, compiler: compiler.version };
    },
  });
  const target = packageDir('@tensorflow/tfjs-node');
  await link(join(target, 'deps'), library.dir);
  await link(join(target, 'lib'), join(addon.dir, 'lib'));
  const isFresh = library.isFresh || addon.isFresh;
  if (isFresh || isThorough) await probe();
  return { path: join(addon.dir, ADDON), isFresh };
}
