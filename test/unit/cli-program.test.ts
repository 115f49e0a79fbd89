/** The command line as a whole: help, wrong arguments, and each error as a text with its exit code; the document beside it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CliContext } from '#dist/cli/context.js';
import { failureOf } from '#dist/cli/fail.js';
import { buildProgram, runCli } from '#dist/cli/program.js';
import type { PerennialClient } from '#dist/client.js';
import { ERROR_TABLE, type ErrorCode, PipelineError } from '#dist/core/errors.js';

const documentText = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

interface Seen {
  out: string;
  err: string;
  exitCode: number;
}

function contextOf(seen: Seen, error: unknown): CliContext {
  return {
    io: {
      out: (text) => {
        seen.out += `${text}\n`;
      },
      err: (text) => {
        seen.err += `${text}\n`;
      },
      width: null,
      hasColour: false,
      ask: async () => null,
      setExitCode: (code) => {
        seen.exitCode = code;
      },
    },
    openClient: () => Promise.reject(error),
  };
}

/** Runs a command line whose client cannot be opened: `error` is what it meets. */
async function run(args: readonly string[], error: unknown = new Error('not reached')): Promise<Seen> {
  const seen: Seen = { out: '', err: '', exitCode: 0 };
  await runCli(args, contextOf(seen, error));
  return seen;
}

const codes = Object.keys(ERROR_TABLE) as ErrorCode[];

describe('options', () => {
  it('of a command are its own, also where the whole command line has one of that name', async () => {
    const own = await run(['--version']);
    expect(own).toMatchObject({ out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), exitCode: 0 });
    const opened = new PipelineError('MODEL_UNKNOWN', 'a client was asked for');
    const seen = await run(['schema', 'accept', 'm', '--version', '2', '--reason', 'seen'], opened);
    expect(seen).toMatchObject({ out: '', err: expect.stringContaining('a client was asked for') });
  });
});

describe('errors', () => {
  it.each(codes)('%s ends with the exit code of the table, its message and its advice', async (code) => {
    const seen = await run(['runs'], new PipelineError(code, 'what and where'));
    expect(seen).toEqual({
      out: '',
      err: `${code}: what and where\n${ERROR_TABLE[code].advice}\n`,
      exitCode: ERROR_TABLE[code].exitCode,
    });
  });

  it('ends with the advice of the place that threw, where it knows better', async () => {
    const error = new PipelineError('SIGNAL_INVALID', 'm has no version 9.', { advice: 'Look here.' });
    expect(await run(['runs'], error)).toMatchObject({
      err: 'SIGNAL_INVALID: m has no version 9.\nLook here.\n',
      exitCode: 2,
    });
  });

  it('of a decision without a reason comes before the evidence is shown', async () => {
    for (const reason of ['', '  ', 'x'.repeat(2_001)]) {
      const seen = await run(['approve', 'm/1', '--reason', reason]);
      expect(seen).toMatchObject({ exitCode: 2, out: '', err: expect.stringMatching(/reason is (empty|too long)/) });
    }
  });

  it('finds our code behind what Temporal wraps around it', () => {
    const wrapped = new Error('Workflow Update failed', {
      cause: Object.assign(new Error('the champion moved'), { type: 'CHAMPION_CHANGED' }),
    });
    expect(failureOf(wrapped)).toMatchObject({ code: 'CHAMPION_CHANGED', message: 'the champion moved', exitCode: 4 });
  });

  it('tells a server that cannot be reached from an error nobody named', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    expect((await run(['verify'], refused)).exitCode).toBe(7);
    const seen = await run(['verify'], new Error('odd'));
    expect(seen).toMatchObject({ exitCode: 1, out: '' });
    expect(seen.err).toBe('UNEXPECTED: odd\nRun the command again with --verbose to see where it happened.\n');
  });

  it('shows a stack only when asked, and JSON for programs', async () => {
    const error = new PipelineError('RUN_UNKNOWN', 'no such run', { details: { runNo: 3 } });
    expect((await run(['show', 'm/3', '--verbose'], error)).err).toMatch(/RUN_UNKNOWN: no such run[\s\S]*at /);
    const seen = await run(['show', 'm/3', '--json'], error);
    expect(JSON.parse(seen.out)).toMatchObject({ error: { code: 'RUN_UNKNOWN', details: { runNo: 3 } } });
    expect(seen.err).not.toMatch(/^\s+at /m);
  });
});

describe('arguments', () => {
  it.each([
    [['nothing']],
    [['show']],
    [['retrain', 'm']],
    [['approve', 'm/1']],
    [['rollback', 'm', '--reason', 'r', '--to', '0']],
    [['unblock', 'm']],
    [['incident']],
    [['incident', 'close', 'm/1']],
    [['incident', 'close', 'm', '--reason', 'r']],
    [['incidents', 'M']],
    [['answer', 'm/1', 'perhaps', '--reason', 'r']],
    [['answer', 'm/1', 'proceed']],
    [['answer', 'm/1', 'proceed', '--question', 'weather', '--reason', 'r']],
    [['extend', 'm/1', '--until', 'soon', '--reason', 'r']],
    [['champion', '--history']],
    [['runs', '--limit', '-1']],
    [['schedule', 'm']],
    [['schedule', 'pause']],
    [['runs', '--unknown']],
    [['show', 'not-a-run']],
    [['champion', 'm', '--at', 'yesterday']],
    [['labels', 'M', '--through', '2001-04-01']],
    [['apply', 'no/such/file.yaml']],
    [[]],
  ])('%j ends with exit code 2 and a word on what is wrong', async (args) => {
    const seen = await run(args);
    expect(seen.exitCode).toBe(2);
    expect(seen.err).not.toBe('');
    expect(seen.err).not.toContain('not reached');
  });

  it('an answer to a run that asks nothing is told what it does and how to stop it', async () => {
    const seen: Seen = { out: '', err: '', exitCode: 0 };
    const answer = { accepted: false, code: 'not-awaited', reason: 'The run asks nothing now.' } as const;
    const client = { answerQuestion: async () => answer, close: async () => undefined } as unknown as PerennialClient;
    const context = { ...contextOf(seen, null), openClient: async () => client };
    await runCli(['answer', 'm/1', 'abort', '--reason', 'r', '--by', 'a'], context);
    expect(seen.out).toContain(
      'asks nothing now.\nWhat it does now: perennial show m/1\nTo stop it: temporal workflow cancel',
    );
    expect(seen.exitCode).toBe(4);
  });

  it('closing an incident tells how many claims are judged again', async () => {
    const closed = async (held: number): Promise<string> => {
      const seen: Seen = { out: '', err: '', exitCode: 0 };
      const answer = { incident: { kind: 'feed' }, isNew: true, held };
      const client = { closeIncident: async () => answer, close: async () => undefined } as unknown as PerennialClient;
      const context = { ...contextOf(seen, null), openClient: async () => client };
      await runCli(['incident', 'close', 'm/1', '--reason', 'r', '--by', 'a'], context);
      return seen.out;
    };
    expect(await closed(2)).toBe('m/1: closed; 2 claims that it held are judged again.\n');
    expect(await closed(1)).toBe('m/1: closed; 1 claim that it held is judged again.\n');
    expect(await closed(0)).toBe('m/1: closed; it held no claim.\n');
  });

  it('help and version are answers', async () => {
    const help = await run(['--help']);
    expect(help).toMatchObject({ exitCode: 0, err: '' });
    expect(help.out).toContain('perennial apply examples/flights/all-past.yaml');
    expect((await run(['--version'])).out.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await run(['approve', '--help'])).out).toContain('--evidence <digest>');
  });

  it('checks a pipeline without a platform, under another model id too', async () => {
    const seen = await run(['apply', 'examples/flights/january.yaml', '--model', 'other', '--dry-run', '--json']);
    expect(seen).toMatchObject({ exitCode: 0, err: '' });
    expect(JSON.parse(seen.out)).toMatchObject({ modelId: 'other', spec: { model: 'other' } });
  });
});

/** `npx perennial ...` of a page as it is typed: in a block of commands, or between backticks. */
function commandLines(page: string): { words: string[]; isProse: boolean }[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  const wordsOf = (line: string): string[] =>
    [...line.replace(/\s+[#&].*$/, '').matchAll(/"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2] ?? '');
  const typed = [...text.matchAll(/^(?:npx )?perennial ([a-z].*)$/gm)];
  const prose = [...text.matchAll(/`(?:npx )?perennial ([a-z][^`]*)`/g)];
  return [
    ...typed.map((match) => ({ words: wordsOf(match[1] as string), isProse: false })),
    ...prose.map((match) => ({ words: wordsOf(match[1] as string), isProse: true })),
  ];
}

/** Each choice of `set|pause` and each part in brackets is a command line of its own; capitals stand for values. */
function asTyped(words: readonly string[]): string[][] {
  const example = (word: string): string =>
    ({ RUN: 'm/1', MODEL: 'm', NUMBER: '1', COUNT: '1', VERSION: '1', INSTANT: '2001-04-01', SEQ: '1', STATE: 'held' })[
      word
    ] ?? word;
  const full = words.map((word) => word.replace(/^\[|\]$/g, '')).map((word) => word.split(/\\?\|/));
  return full.reduce<string[][]>(
    (lines, choices) => lines.flatMap((line) => choices.map((choice) => [...line, example(choice)])),
    [[]],
  );
}

describe('command lines in the documents', () => {
  const pages = [
    'README.md',
    'docs/cli.md',
    'docs/spec.md',
    'docs/temporal.md',
    'docs/errors.md',
    'docs/operations.md',
  ];
  const lines = pages.flatMap((page) =>
    commandLines(page).flatMap(({ words, isProse }) => asTyped(words).map((args) => [page, args, isProse] as const)),
  );

  it('are found', () => expect(lines.length).toBeGreaterThan(30));

  it.each(lines)('in %s, %j is one that the program takes', async (_page, args, isProse) => {
    const program = buildProgram(contextOf({ out: '', err: '', exitCode: 0 }, null));
    const leaves = program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
    let taken = false;
    for (const command of leaves) {
      command.action(() => {
        taken = true;
      });
    }
    // A sentence names a command without what it needs: then its name alone has to exist.
    const known = program.commands.find((command) => command.name() === args[0]);
    expect(known, `the command ${args[0]}`).toBeDefined();
    if (args.length === 1) return;
    try {
      await program.parseAsync([...args], { from: 'user' });
    } catch (error) {
      // Prose may leave `--reason TEXT` out; whatever else is wrong with it is wrong for a reader too.
      expect(error).toMatchObject({ code: 'commander.missingMandatoryOptionValue' });
      expect(isProse).toBe(true);
      return;
    }
    expect(taken).toBe(true);
  });
});

describe('docs/cli.md', () => {
  const program = buildProgram(contextOf({ out: '', err: '', exitCode: 0 }, null));
  const rows = new Map(
    [...documentText.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map((match) => [Number(match[1]), match[2]]),
  );

  it.each(program.commands.map((command) => [command.name(), command] as const))(
    'has %s with its options',
    (name, command) => {
      const row = new RegExp(`^\\| \`perennial ${name}\\b([^\`]*)\` \\|`, 'm').exec(documentText)?.[1];
      expect(row, `a row for ${name}`).toBeDefined();
      const own = command.options.map((option) => option.long ?? '').filter((long) => !/^--(json|verbose)$/.test(long));
      for (const long of own) expect(row).toContain(long);
      for (const long of row?.match(/--[a-z-]+/g) ?? []) {
        expect(command.options.map((option) => option.long)).toContain(long);
      }
    },
  );

  it.each(codes)('has %s beside its exit code', (code) => {
    expect(rows.get(ERROR_TABLE[code].exitCode)).toContain(`\`${code}\``);
  });
});
