/** The whole decision table; docs/triage.md lists it, and a test keeps the two equal. */
import { BROKEN_FEED } from './causes/broken-feed.js';
import { CODE_OR_FEATURE_BUG } from './causes/code-or-feature-bug.js';
import { CONCEPT_SHIFT } from './causes/concept-shift.js';
import { GENUINE_SHIFT } from './causes/genuine-shift.js';
import { LABEL_FAULT } from './causes/label-fault.js';
import { LOGGING_CHANGE } from './causes/logging-change.js';
import { NO_SHIFT } from './causes/no-shift.js';
import { SEASONAL } from './causes/seasonal.js';
import type { EvidenceRule } from './evidence-rule.js';

export const EVIDENCE_RULES: readonly EvidenceRule[] = [
  ...BROKEN_FEED,
  ...LOGGING_CHANGE,
  ...CODE_OR_FEATURE_BUG,
  ...LABEL_FAULT,
  ...SEASONAL,
  ...CONCEPT_SHIFT,
  ...GENUINE_SHIFT,
  ...NO_SHIFT,
];
