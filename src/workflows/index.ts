/** Everything the workflow bundle exports: one workflow type a file. */
export { backfillWorkflow } from './backfill.js';
export { inferSchemaWorkflow } from './infer-schema.js';
export { modelCoordinatorWorkflow } from './model-coordinator.js';
export { monitorWorkflow } from './monitor.js';
export { pollMonitorWorkflow } from './poll-monitor.js';
export { retrainWorkflow } from './retrain.js';
export { scheduledTickWorkflow } from './scheduled-tick.js';
export { scoreVersionsWorkflow } from './score-versions.js';
