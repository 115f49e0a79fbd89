/**
 * Relative source paths in a spec are meant from the spec file's folder. They are made absolute once, when the spec is
 * applied, because workers run elsewhere. String work only: core opens nothing and asks no process for its folder.
 */
import { PipelineError } from '../errors.js';
import type { PipelineSpec } from './schema.js';

const isAbsolute = (path: string): boolean => path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);

/** Joins and removes `.` and `..`; `..` above the root stays at the root. */
function join(baseDir: string, path: string): string {
  if (isAbsolute(path)) return path;
  const steps: string[] = [];
  for (const step of `${baseDir.replaceAll('\\', '/')}/${path}`.split('/')) {
    if (step === '' || step === '.') continue;
    if (step === '..') steps.pop();
    else steps.push(step);
  }
  const drive = /^[A-Za-z]:/.test(baseDir);
  return `${drive ? '' : '/'}${steps.join('/')}`;
}

/**
 * @param baseDir absolute folder of the spec file
 * @throws SPEC_INVALID when `baseDir` is not absolute, or a path is a URL
 */
export function resolveSourcePaths(spec: PipelineSpec, baseDir: string): PipelineSpec {
  if (!isAbsolute(baseDir)) {
    throw new PipelineError('SPEC_INVALID', `"${baseDir}" is not an absolute folder: relative source paths need one.`);
  }
  const { source } = spec;
  if (source.kind === 'postgres') return spec;
  const at = (path: string): string => {
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
      throw new PipelineError(
        'SPEC_INVALID',
        `source path "${path}" is a URL: files are read from a local path or glob only.`,
      );
    }
    return join(baseDir, path);
  };
  const labels = source.labels === undefined ? {} : { labels: { ...source.labels, path: at(source.labels.path) } };
  return { ...spec, source: { ...source, path: at(source.path), ...labels } };
}
