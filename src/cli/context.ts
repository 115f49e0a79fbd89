/** What every command shares: its streams, its client, its common options, and how a result becomes text or JSON. */
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import type { PerennialClient } from '../client.js';
import { PipelineError } from '../core/errors.js';
import type { Io } from './io.js';

export interface CliContext {
  readonly io: Io;
  readonly openClient: () => Promise<PerennialClient>;
}

export interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Options that every command takes after its name. */
export function withCommon(command: Command): Command {
  return command.option('--json', 'print JSON for programs').option('--verbose', 'show where an error happened');
}

export async function withClient<T>(context: CliContext, use: (client: PerennialClient) => Promise<T>): Promise<T> {
  const client = await context.openClient();
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

export function print(io: Io, options: CommonOptions, result: { data: unknown; text: string }): void {
  io.out(options.json === true ? JSON.stringify(result.data, null, 2) : result.text);
}

/** Who acts: the name given, else the account that runs the command. @throws SIGNAL_INVALID when there is none */
export function actor(by: string | undefined): string {
  if (by !== undefined && by.trim() !== '') return by.trim();
  try {
    return userInfo().username;
  } catch (cause) {
    // An account without an entry in the system's list, as in some containers.
    throw new PipelineError('SIGNAL_INVALID', 'This account has no name: say who acts with --by NAME.', { cause });
  }
}

/** For commander: a whole number from 1. */
export function countOption(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1.');
  return Number(text);
}

/** Text of an option as one word of a shell command line. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
