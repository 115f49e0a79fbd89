import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../setup/folders.js';
import { runScript, type ScriptResult } from './run-script.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const BUILD = `
const { ensureBuild } = await import(process.argv[1]);
const { reportFailure } = await import(process.argv[2]);
await ensureBuild().catch((error) => { process.exitCode = reportFailure(error); });
`;

/** A small project with this one's build scripts, compiler and settings. */
function project() {
  const dir = temporaryFolder({ isOpen: true });
  cpSync(join(root, 'scripts', 'setup'), join(dir, 'scripts', 'setup'), { recursive: true });
  for (const name of ['package.json', 'tsconfig.json']) cpSync(join(root, name), join(dir, name));
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  mkdirSync(join(dir, 'src'));
  const write = (name: string, text: string): void => writeFileSync(join(dir, 'src', name), text);
  write('one.ts', 'export const one = 1;\n');
  write('two.ts', 'export const two = 2;\n');
  const scripts = ['build', 'say'].map((name) => join(dir, 'scripts', 'setup', `${name}.mjs`));
  const build = (): Promise<ScriptResult> => runScript({ source: BUILD, args: scripts });
  return { dir, write, build, output: (name: string) => join(dir, 'dist', name) };
}

describe('the build', () => {
  it('leaves dist alone when nothing changed', async () => {
    const { build, output } = project();
    expect((await build()).status).toBe(0);
    const before = statSync(output('one.js')).mtimeMs;
    expect((await build()).output).toBe('');
    expect(statSync(output('one.js')).mtimeMs).toBe(before);
  });

  it('removes what a deleted source had left', async () => {
    const { dir, build, output } = project();
    await build();
    rmSync(join(dir, 'src', 'two.ts'));
    await build();
    expect(existsSync(output('two.js'))).toBe(false);
    expect(existsSync(output('one.js'))).toBe(true);
  });

  it('notices an output that something else wrote or removed', async () => {
    const { build, output } = project();
    await build();
    writeFileSync(output('one.js'), 'export const one = 11;\n');
    rmSync(output('two.js'));
    await build();
    expect(readFileSync(output('one.js'), 'utf8')).toContain('one = 1;');
    expect(existsSync(output('two.js'))).toBe(true);
  });

  it('fails with the place of a type error and keeps the last good build', async () => {
    const { write, build, output } = project();
    await build();
    write('one.ts', 'export const one: string = 1;\n');
    const result = await build();
    expect(result.status).toBe(1);
    expect(result.output).toContain('src/one.ts(1,14): error TS2322');
    expect(readFileSync(output('one.js'), 'utf8')).toContain('one = 1;');
    expect((await build()).status).toBe(1);
  });

  it('is done once when several ask at the same time', async () => {
    const { build } = project();
    const results = await Promise.all([build(), build(), build()]);
    expect(results.map((result) => result.status)).toEqual([0, 0, 0]);
    expect(results.filter((result) => result.output.includes('build: ready'))).toHaveLength(1);
  });
});
