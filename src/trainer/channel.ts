/** What a job inside the child sees of its parent. */
import type { TrainerReply } from './protocol.js';

export interface Channel {
  /** Resolves when the message has left this process. */
  send(reply: TrainerReply): Promise<void>;
  /** The parent asked to stop at the next good point. */
  isStopRequested(): boolean;
  /** Lets messages and a lost parent be noticed; called after every batch, since the batch itself is synchronous. */
  yieldToLoop(): Promise<void>;
}
