/** The search attributes of every run: `temporal workflow list --query "PerennialStage='approve'"`. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const SEARCH_ATTRIBUTES = {
  model: defineSearchAttributeKey('PerennialModel', SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey('PerennialStage', SearchAttributeType.KEYWORD),
  cause: defineSearchAttributeKey('PerennialCause', SearchAttributeType.KEYWORD),
  outcome: defineSearchAttributeKey('PerennialOutcome', SearchAttributeType.KEYWORD),
  windowEnd: defineSearchAttributeKey('PerennialWindowEnd', SearchAttributeType.DATETIME),
  delta: defineSearchAttributeKey('PerennialDelta', SearchAttributeType.DOUBLE),
} as const;
