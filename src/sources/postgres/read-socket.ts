/**
 * A socket that reads into one buffer again and again. Node's own way makes a buffer a read: collecting those takes more time than
 * decoding what is in them. Not for TLS, which reads past it.
 */
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** Small enough for the processor's second cache. */
const READ_BYTES = 256 * 1024;

export class ReadSocket extends Socket {
  /** Gets what comes, in memory that the next read overwrites. Without it, listeners of `data` get copies. */
  taker: ((bytes: Buffer) => void) | null = null;

  constructor() {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (length: number): boolean => {
      const bytes = buffer.subarray(0, length);
      if (this.taker === null) this.emit('data', Buffer.from(bytes));
      else this.taker(bytes);
      return true;
    };
    const options: SocketConstructorOpts & ConnectOpts = { onread: { buffer, callback } };
    super(options);
  }
}
