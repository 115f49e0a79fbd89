/** Everything the workflow bundle exports: one workflow type a file. */
export { modelCoordinatorWorkflow } from './model-coordinator.js';
export { retrainWorkflow } from './retrain.js';
export { scheduledTickWorkflow } from './scheduled-tick.js';
export { scoreVersionsWorkflow } from './score-versions.js';
