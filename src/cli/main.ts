/** Entry point of the command line: the process's streams and the real client, handed to the program. */
import { openClient } from './connect.js';
import { processIo } from './io.js';
import { runCli } from './program.js';

await runCli(process.argv.slice(2), { io: processIo(), openClient });
