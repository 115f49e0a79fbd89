/**
 * How workflows read payloads: as usual, and what cannot be read becomes a value that says so. A thrown error would block the
 * workflow task for ever, and anybody with access to Temporal can send any bytes; every message is checked where it is
 * taken, and there such a value is malformed like others. Named in the bundle alone: activities and clients go on to throw.
 */
import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';

export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: <T>(payload: Parameters<PayloadConverter['fromPayload']>[0]): T => {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      return { unreadable: error instanceof Error ? error.message.slice(0, 200) : 'no reason' } as T;
    }
  },
};
