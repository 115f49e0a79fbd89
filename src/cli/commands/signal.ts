/**
 * `perennial signal parse|send FORMAT FILE`: shows what a monitor's report claims without sending it, or sends it. Parsing
 * needs no server: what a file would become can be seen before anything is set up.
 */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ERROR_TABLE, PipelineError } from '../../core/errors.js';
import {
  type Envelope,
  type ParsedSignal,
  type Severity,
  SIGNAL_FORMATS,
  type SignalFormat,
} from '../../core/signals/drift-claim.js';
import { parseSignal } from '../../core/signals/parse-signal.js';
import { durationMs } from '../../core/spec/duration.js';
import { readVariable } from '../../env.js';
import { actor, type CliContext, type CommonOptions, print, withCommon } from '../context.js';
import { renderClaim } from '../render-claim.js';
import { parseModelId } from '../run-ref.js';
import { type Sent, type Signal, sendDirect, sendOverHttp } from '../send-signal.js';
import { windowOption } from '../window-option.js';

interface Options extends CommonOptions {
  readonly model: string;
  readonly window?: { readonly start: string; readonly end: string };
  readonly source?: string;
  readonly id?: string;
  readonly nReference?: number;
  readonly nCurrent?: number;
  readonly severity?: Severity;
  readonly monitorVersion?: string;
  readonly columns?: readonly string[];
  readonly alertWindow: string;
  readonly header?: Readonly<Record<string, string>>;
}

interface SendOptions extends Options {
  readonly url?: string;
  readonly token?: string;
  readonly by?: string;
}

function rowsOption(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('Write a whole number of rows.');
  return Number(text);
}

function headerOption(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const match = /^([A-Za-z0-9-]+):\s*(.+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Write NAME: VALUE, e.g. "ce-id: 17".');
  return { ...before, [match[1]!.toLowerCase()]: match[2]! };
}

function readBody(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError('SIGNAL_INVALID', `${file} cannot be read: ${why}.`, {
      cause,
      details: { file },
      advice: 'Name a file that this account may read.',
    });
  }
}

function signalOf(format: SignalFormat, file: string, options: Options): Signal {
  const { window, source, id, nReference, nCurrent, severity, monitorVersion, columns, header } = options;
  const envelope: Envelope = {
    modelId: parseModelId(options.model),
    receivedAt: new Date().toISOString(),
    alertWindowMs: durationMs(options.alertWindow),
    ...(window ?? {}),
    ...(source === undefined ? {} : { source }),
    ...(id === undefined ? {} : { eventId: id }),
    ...(nReference === undefined ? {} : { nReference }),
    ...(nCurrent === undefined ? {} : { nCurrent }),
    ...(severity === undefined ? {} : { severity }),
    ...(monitorVersion === undefined ? {} : { monitorVersion }),
    ...(columns === undefined ? {} : { columns }),
    ...(header === undefined ? {} : { headers: header }),
  };
  return { format, body: readBody(file), envelope };
}

const ignoredText = ({ ignored }: ParsedSignal): string[] => ignored.map((text) => `ignored: ${text}`);

function parse(context: CliContext, signal: Signal, options: Options): void {
  const parsed = parseSignal(signal.format, signal.body, signal.envelope);
  const parts = [...parsed.claims.map((claim) => renderClaim(claim, context.io)), ...ignoredText(parsed)];
  print(context.io, options, { data: parsed, text: parts.join('\n\n') });
}

function sentLine({ eventId, state, isNew, problem }: Sent): string {
  const repeat = isNew ? '' : ' (it was there before)';
  return `${state}${state === 'refused' ? '' : repeat}: ${eventId}${problem === null ? '' : ` – ${problem}`}`;
}

async function send(context: CliContext, signal: Signal, options: SendOptions): Promise<void> {
  // Read here first: what cannot be read is told without a server.
  const parsed = parseSignal(signal.format, signal.body, signal.envelope);
  const token = options.token ?? readVariable('PERENNIAL_TOKEN');
  const { url } = options;
  const sent =
    url === undefined ? await sendDirect(parsed, actor(options.by)) : await sendOverHttp(signal, { url, token });
  const text = [...sent.map(sentLine), ...ignoredText(parsed)].join('\n');
  print(context.io, options, { data: { sent, ignored: parsed.ignored }, text });
  const refused = sent.find(({ code }) => code !== null)?.code;
  if (refused != null) context.io.setExitCode(ERROR_TABLE[refused].exitCode);
}

function formatArgument(text: string): SignalFormat {
  const format = SIGNAL_FORMATS.find((known) => known === text);
  if (format === undefined) throw new InvalidArgumentError(`Known formats: ${SIGNAL_FORMATS.join(', ')}.`);
  return format;
}

function withSignal(command: Command): Command {
  return withCommon(command)
    .argument('<format>', SIGNAL_FORMATS.join(', '), formatArgument)
    .argument('<file>', 'the report as the monitor wrote it, - for standard input')
    .requiredOption('--model <id>', 'the model that it is about')
    .option('--window <start/end>', 'the window that was looked at, e.g. 2001-02-05/2001-02-12', windowOption)
    .option('--source <name>', 'who sends (default: the monitor)')
    .option('--id <id>', 'name of this event; the same id counts once')
    .option('--n-reference <rows>', 'rows of the reference', rowsOption)
    .option('--n-current <rows>', 'rows of the window', rowsOption)
    .option('--columns <a,b>', 'features in order, for monitors that number them', (text) => text.split(','))
    .addOption(new Option('--severity <severity>', 'how grave it is').choices(['info', 'warning', 'critical']))
    .option('--monitor-version <version>', 'version of the monitor')
    .option('--alert-window <duration>', "what an alert of Alertmanager's looks back on", 'P1D')
    .option('--header <line>', 'a header of the request, e.g. "ce-id: 17"; may be repeated', headerOption);
}

export function addSignal(program: Command, context: CliContext): void {
  const parent = program.command('signal').description("show what a monitor's report claims, or send it");
  withSignal(parent.command('parse'))
    .description('show the claim and send nothing; needs no server')
    .action((format: SignalFormat, file: string, options: Options) =>
      parse(context, signalOf(format, file, options), options),
    );
  withSignal(parent.command('send'))
    .description('send it: to a gateway, or without --url straight into the registry')
    .option('--url <address>', 'of a gateway, e.g. http://127.0.0.1:7070')
    .option('--token <token>', 'of that gateway (default: PERENNIAL_TOKEN)')
    .option('--by <name>', 'who sends, without --url (default: your account)')
    .action((format: SignalFormat, file: string, options: SendOptions) =>
      send(context, signalOf(format, file, options), options),
    );
}
