// The house rules as a test: which room may import which, what only one place may touch, and that what the documents and
// package files say is so.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERROR_TABLE } from '#dist/core/errors.js';
import { loadWorkflowBundle } from '#dist/worker/workflow-bundle.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesUnder = (folder: string, end = '.ts'): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name))
    .sort();

interface Import {
  readonly from: string;
  /** A path under src/ for our own files, else the package or node: module. */
  readonly to: string;
  readonly isTypeOnly: boolean;
  readonly isOurs: boolean;
}

// The code is formatted, so that a statement begins a line; comments and texts hold no such line.
const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

function importsOf(file: string): Import[] {
  const text = read(file);
  const resolve = (to: string, isTypeOnly: boolean): Import => {
    const isOurs = to.startsWith('.');
    const target = isOurs ? relative(ROOT, join(ROOT, dirname(file), to)).replace(/\.js$/, '.ts') : to;
    return { from: file, to: target, isTypeOnly, isOurs };
  };
  const fixed = [...text.matchAll(STATEMENT)].map(([, type, names, to]) => {
    const inner = /^\{([\s\S]*)\}$/.exec(names ?? '')?.[1];
    const areTypes = inner?.split(',').every((one) => /^\s*(type\s.*)?$/s.test(one)) === true;
    return resolve(to!, type !== undefined || areTypes);
  });
  return [...fixed, ...[...text.matchAll(DYNAMIC)].map(([, to]) => resolve(to!, false))];
}

const SOURCES = filesUnder('src');
const IMPORTS = SOURCES.flatMap(importsOf);
/** `src/core/spec/x.ts` is in room `core`; `src/client.ts` is the door of room `client`; `src/worker.ts` is a room by itself. */
const roomOf = (file: string): string => file.split('/')[1]!.replace('client.ts', 'client');
const show = ({ from, to }: Import): string => `${from} -> ${to}`;

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  workflows: [],
  activities: [],
  registry: [],
  sources: [],
  storage: [],
  dataset: ['sources', 'storage'],
  trainer: ['storage'],
  client: ['registry', 'src/workflows/messages.ts'],
  // Its main is a composition root too: the store that the gateway reads artifacts from is made there.
  gateway: ['client', 'registry', 'env.ts', 'src/storage/local-store.ts'],
  // One process for everything: `npm start` runs the Workers and the gateway too.
  cli: ['client', 'registry', 'local', 'env.ts', 'worker.ts', 'gateway', 'src/storage/local-store.ts'],
  local: [],
  worker: [],
  'worker.ts': ['activities', 'client', 'dataset', 'registry', 'sources', 'storage', 'trainer', 'worker', 'env.ts'],
  'env.ts': [],
};

/** Rooms implement the interfaces that activities declare, workflows call them, clients read results: by type alone. */
const isContract = ({ from, to, isTypeOnly }: Import): boolean =>
  isTypeOnly &&
  (to === 'src/activities/deps.ts' || (['workflows', 'client'].includes(roomOf(from)) && roomOf(to) === 'activities'));

describe('imports between rooms', () => {
  it('go only where the room may look', () => {
    const wrong = IMPORTS.filter((one) => {
      if (!one.isOurs || isContract(one)) return false;
      const [from, to] = [roomOf(one.from), roomOf(one.to)];
      const allowed = MAY_IMPORT[from] ?? [];
      return !(to === from || to === 'core' || allowed.includes(to) || allowed.includes(one.to));
    });
    expect(wrong.map(show)).toEqual([]);
    expect(Object.keys(MAY_IMPORT)).toEqual(expect.arrayContaining([...new Set(SOURCES.map(roomOf))]));
  });

  it('name files that exist', () => {
    expect(IMPORTS.filter(({ isOurs, to }) => isOurs && !existsSync(join(ROOT, to))).map(show)).toEqual([]);
    expect(IMPORTS.length).toBeGreaterThan(200);
  });

  it('form no circle of files, types among them', () => {
    const next = new Map(SOURCES.map((file) => [file, [] as string[]]));
    for (const { from, to, isOurs } of IMPORTS) if (isOurs) next.get(from)!.push(to);
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file) || path.includes(file)) return;
      for (const to of next.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of SOURCES) walk(file, []);
    expect(circles).toEqual([]);
  });
});

describe('packages', () => {
  const packagesOf = (room: string): Import[] => IMPORTS.filter(({ from, isOurs }) => !isOurs && roomOf(from) === room);

  it('in core are zod and pure maths, and yaml where a spec is read', () => {
    const wrong = packagesOf('core').filter(
      ({ from, to }) =>
        !/^(zod|@noble\/hashes(\/.*)?|@stdlib\/.*)$/.test(to) && !(to === 'yaml' && from.startsWith('src/core/spec/')),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it("in workflows are Temporal's own", () => {
    const wrong = packagesOf('workflows').filter(
      ({ to }) => !['@temporalio/workflow', '@temporalio/common'].includes(to),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it('of TensorFlow are used by the trainer alone', () => {
    const wrong = IMPORTS.filter(({ from, to }) => to.startsWith('@tensorflow/') && roomOf(from) !== 'trainer');
    expect(wrong.map(show)).toEqual([]);
    for (const file of SOURCES.filter((name) => roomOf(name) !== 'trainer')) {
      expect(/require\('@tensorflow/.test(read(file)), file).toBe(false);
    }
  });
});

describe('what only one place may touch', () => {
  /** Code without comments, so that a rule may be explained where it holds. */
  const codeOf = (file: string): string =>
    read(file)
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/(^|\s)\/\/.*$/gm, '');
  const withPattern = (pattern: RegExp, files = SOURCES): string[] =>
    files.filter((file) => pattern.test(codeOf(file)));

  it('the environment is read in env.ts', () => {
    expect(withPattern(/process\.env\b/)).toEqual(['src/env.ts']);
  });

  it('no clock and no global randomness is in core', () => {
    const core = SOURCES.filter((file) => roomOf(file) === 'core');
    expect(core.length).toBeGreaterThan(50);
    expect(withPattern(/Math\.random|Date\.now|new Date\(\)|performance\.now|crypto\.randomUUID/, core)).toEqual([]);
  });

  it('no workflow uses timers or randomness around Temporal, which replaces them, nor reads a file', () => {
    const workflows = SOURCES.filter((file) => roomOf(file) === 'workflows');
    expect(withPattern(/setTimeout|setInterval|\bfetch\(|process\./, workflows)).toEqual([]);
  });
});

describe('the workflow bundle', () => {
  it('builds and holds no module of Node', async () => {
    const { codePath } = await loadWorkflowBundle();
    const code = readFileSync(codePath, 'utf8');
    for (const name of ['modelCoordinatorWorkflow', 'retrainWorkflow', 'scheduledTickWorkflow']) {
      expect(code).toContain(name);
    }
    const required = [...code.matchAll(/require\(["'](?:node:)?([a-z_/]+)["']\)/g)].map(([, name]) => name!);
    // Temporal's own bundle resolves these to stubs of its own.
    expect(required.filter((name) => builtinModules.includes(name))).toEqual([]);
    expect(code).not.toContain('node_modules/pg/');
    expect(code).not.toContain('node_modules/zod/');
    expect(code.length).toBeLessThan(3_000_000);
  });
});

describe('the page of error codes', () => {
  it('says what the table says', () => {
    const rows = Object.entries(ERROR_TABLE).map(
      ([code, { retryable, httpStatus, exitCode, advice }]) =>
        `| \`${code}\` | ${advice} | ${retryable ? 'yes' : 'no'} | ${httpStatus} | ${exitCode} |`,
    );
    const written = read('docs/errors.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(written).toEqual(rows);
  });
});

describe('files', () => {
  const lines = (file: string): number => read(file).trimEnd().split('\n').length;
  const tests = filesUnder('test');

  it('are at most 400 lines long, tests 600', () => {
    expect(SOURCES.filter((file) => lines(file) > 400)).toEqual([]);
    expect(tests.filter((file) => lines(file) > 600)).toEqual([]);
    const sorted = SOURCES.map(lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(80);
  });

  it('open with a comment that says what they are', () => {
    const bare = SOURCES.filter((file) => !/^(#!.*\n)?\s*(\/\*|\/\/)/.test(read(file)));
    expect(bare).toEqual([]);
  });

  it('are named in kebab-case and are no barrels', () => {
    expect(SOURCES.filter((file) => !/^[a-z0-9-]+\.ts$/.test(file.split('/').at(-1)!))).toEqual([]);
    const barrels = SOURCES.filter((file) => file.endsWith('/index.ts') && file !== 'src/workflows/index.ts');
    expect(barrels).toEqual([]);
  });

  it('under version control name no machine path and no registry host', () => {
    const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
      .split('\0')
      .filter(
        (file) =>
          file !== '' &&
          existsSync(join(ROOT, file)) &&
          /\.(ts|mjs|js|json|md|ya?ml|sql|py|sh|txt)$|Dockerfile$/.test(file),
      );
    expect(tracked.length).toBeGreaterThan(100);
    // Written apart, so that this file does not name them itself.
    const hosts = ['registry.npmjs', 'pypi', 'files.pythonhosted'].map((name) => `${name}\\.org`);
    const paths = ['home', 'Users', 'root', 'work'].map((name) => `(?<![\\w.~$}-])/${name}/[\\w.-]+`);
    const pattern = new RegExp([...hosts, ...paths].join('|'));
    const found = tracked.flatMap((file) => {
      const match = pattern.exec(read(file));
      return match === null ? [] : [`${file}: ${match[0]}`];
    });
    expect(found).toEqual([]);
  });
});

describe('package files', () => {
  it('name exact versions', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const inexact = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(inexact).toEqual([]);
  });

  it('lock every package that must be there by its hash, and none to an address', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; integrity?: string; optional?: boolean }>;
    };
    const entries = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(entries.length).toBeGreaterThan(100);
    expect(entries.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
    expect(
      entries
        .filter(([, { integrity, optional }]) => integrity === undefined && optional !== true)
        .map(([path]) => path),
    ).toEqual([]);
  });
});
