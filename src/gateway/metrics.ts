/**
 * Figures for Prometheus: of this process, and some of the registry. Names of models stand in those of model-figures.ts alone:
 * they are many, and not public.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Gauges } from '../registry/gauges.js';
import { modelFigures } from './model-figures.js';

export interface GatewayMetrics {
  readonly requests: Counter<'route' | 'method' | 'status'>;
  /** `result`: accepted, duplicate, refused (the whole request), ignored (a part that makes no claim). */
  readonly arrivals: Counter<'format' | 'result'>;
  readonly commitSeconds: Histogram;
  readonly batchSize: Histogram;
  /** Prometheus's text format, with the figures of those models that the asker may read. */
  render(mayRead: (modelId: string) => boolean): Promise<string>;
  readonly contentType: string;
}

interface Sources {
  readonly queueDepth: () => number;
  readonly gauges: () => Promise<Gauges>;
}

/**
 * @returns what brings them up to date: before they are rendered, since each gauge is read while others still collect; null when
 * the registry does not answer
 */
function registryGauges(registry: Registry, gauges: Sources['gauges']): () => Promise<Gauges | null> {
  const registers = [registry];
  const unjudged = new Gauge({
    name: 'perennial_unjudged_models',
    help: 'Models with a trigger that no judgement has seen yet',
    registers,
  });
  const open = new Gauge({ name: 'perennial_open_runs', help: 'Runs that are open', registers });
  const reachable = new Gauge({
    name: 'perennial_registry_reachable',
    help: '1: the registry answered when these figures were asked for',
    registers,
  });
  return async () => {
    try {
      const found = await gauges();
      unjudged.set(found.unjudgedModels);
      open.set(found.openRuns);
      reachable.set(1);
      return found;
    } catch {
      // Without a registry there is no figure: none is better than the last one for ever.
      reachable.set(0);
      unjudged.remove();
      open.remove();
      return null;
    }
  };
}

export function createMetrics({ queueDepth, gauges }: Sources): GatewayMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'perennial_gateway_' });
  const refresh = registryGauges(registry, gauges);
  const registers = [registry];
  new Gauge({
    name: 'perennial_gateway_queue_depth',
    help: 'Arrivals that wait to be committed, or are being committed',
    registers,
    collect() {
      this.set(queueDepth());
    },
  });
  return {
    requests: new Counter({
      name: 'perennial_gateway_requests_total',
      help: 'Requests answered',
      labelNames: ['route', 'method', 'status'],
      registers,
    }),
    arrivals: new Counter({
      name: 'perennial_gateway_arrivals_total',
      help: 'Arrivals by what became of them',
      labelNames: ['format', 'result'],
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'perennial_gateway_commit_seconds',
      help: 'Time from the start of a transaction to its commit',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
      registers,
    }),
    batchSize: new Histogram({
      name: 'perennial_gateway_batch_arrivals',
      help: 'Arrivals in one transaction',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers,
    }),
    render: async (mayRead) => {
      const found = await refresh();
      const own = await registry.metrics();
      return found === null ? own : `${own}\n${await modelFigures(found, mayRead)}`;
    },
    contentType: registry.contentType,
  };
}
