/** Figures with the name of a model in them: only of models that the asker may read, since names are not public. */
import { Gauge, Registry } from 'prom-client';
import type { Gauges } from '../registry/gauges.js';

/** Prometheus's text; made anew at each request, so that a model that has no incident any more has no line either. */
export function modelFigures({ openIncidents }: Gauges, mayRead: (modelId: string) => boolean): Promise<string> {
  const registry = new Registry();
  const open = new Gauge({
    name: 'perennial_open_incidents',
    help: 'Incidents that nobody has closed, by what is broken',
    labelNames: ['model', 'kind'],
    registers: [registry],
  });
  for (const { modelId, kind, count } of openIncidents) {
    if (mayRead(modelId)) open.set({ model: modelId, kind }, count);
  }
  return registry.metrics();
}
