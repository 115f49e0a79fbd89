/** A window as a person types it: `START/END`, days or instants. */
import { InvalidArgumentError } from 'commander';
import { PipelineError } from '../core/errors.js';
import type { Window } from '../core/types.js';
import { parseInstant } from './run-ref.js';

/** For commander: the two halves as they were written. */
export function windowOption(text: string): { start: string; end: string } {
  const [start, end, ...rest] = text.split('/');
  if (start === undefined || end === undefined || start === '' || end === '' || rest.length > 0) {
    throw new InvalidArgumentError('Write START/END, e.g. 2001-02-05/2001-02-12.');
  }
  return { start, end };
}

/** @throws SIGNAL_INVALID */
export function parseWindow(written: { readonly start: string; readonly end: string }): Window {
  const window = { start: parseInstant(written.start), end: parseInstant(written.end) };
  if (Date.parse(window.start) < Date.parse(window.end)) return window;
  throw new PipelineError('SIGNAL_INVALID', `The window ${written.start}/${written.end} ends before it starts.`);
}
