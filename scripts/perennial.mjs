#!/usr/bin/env node
// The `perennial` command: the built command line, or a word on how to build it.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'cli', 'main.js');

if (existsSync(main)) {
  process.argv[1] = main;
  await import(pathToFileURL(main).href);
} else {
  process.stderr.write('perennial is not set up yet: run `npm run setup` in its folder.\n');
  process.exitCode = 10;
}
