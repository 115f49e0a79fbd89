/** `perennial start`: the main job on real data, from nothing to a promoted model. Loaded only when asked for. */
import type { Command } from 'commander';
import type { CliContext } from '../context.js';

interface Options {
  readonly exit?: boolean;
  readonly json?: string;
}

export function addStart(program: Command, { io }: CliContext): void {
  program
    .command('start')
    .description('set up the platform and run the reference story on real flights')
    .option('--exit', 'stop when the story is told, instead of keeping the platform up')
    .option('--json <file>', 'also write every figure to this file')
    .option('--verbose', 'show where an error happened')
    .action(async (options: Options) => {
      const { runStory } = await import('../story/main.js');
      io.setExitCode(await runStory({ exit: options.exit === true, json: options.json ?? null }));
    });
}
