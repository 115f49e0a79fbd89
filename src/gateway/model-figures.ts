/** Figures with the name of a model in them: only of models that the asker may read, since names are not public. */
import { Gauge, Registry } from 'prom-client';
import type { Gauges } from '../registry/gauges.js';

function monitorFigures(registry: Registry, values: Gauges['monitorValues']): void {
  const labelNames = ['model', 'series'] as const;
  const registers = [registry];
  const value = new Gauge({
    name: 'perennial_monitor_value',
    help: 'Newest figure of a series of the built-in monitor; of `estimated:` series computed without labels',
    labelNames,
    registers,
  });
  const alert = new Gauge({
    name: 'perennial_monitor_alert',
    help: '1: that figure alerts; 0: it was judged and does not',
    labelNames,
    registers,
  });
  for (const { modelId: model, series, ...one } of values) {
    value.set({ model, series }, one.value);
    if (one.alert !== null) alert.set({ model, series }, one.alert ? 1 : 0);
  }
}

/** Prometheus's text; made anew at each request, so that a model that has no incident any more has no line either. */
export function modelFigures(gauges: Gauges, mayRead: (modelId: string) => boolean): Promise<string> {
  const { openIncidents } = gauges;
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
  monitorFigures(
    registry,
    gauges.monitorValues.filter(({ modelId }) => mayRead(modelId)),
  );
  return registry.metrics();
}
