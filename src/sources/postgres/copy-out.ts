/**
 * COPY ... TO STDOUT as a query of `pg`: while it runs, the socket's bytes come here and not to pg's own parser, which would
 * make a message object a row. It goes through the extended protocol, where a text can hold one statement only.
 * Source: PostgreSQL documentation, "Message Formats"; the hand-over of the socket follows pg-copy-streams.
 */
import type { Socket } from 'node:net';
import type { Connection, Submittable } from 'pg';
import type { CopyDecoder } from './copy-decoder.js';
import { ReadSocket } from './read-socket.js';

const COPY_DATA = 'd'.charCodeAt(0);
/** Until the rows end: ParseComplete, BindComplete, CopyOutResponse, Notice, ParameterStatus, Notification. */
const PASSED_OVER = new Set([...'12HNSA'].map((letter) => letter.charCodeAt(0)));
const HEAD_BYTES = 5;

type Listener = (bytes: Buffer) => void;

export class CopyOut implements Submittable {
  readonly done: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #socket: Socket | null = null;
  #parsers: Listener[] = [];
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #neededBytes = HEAD_BYTES;
  #failure: Error | null = null;
  #isHandedBack = false;

  constructor(
    readonly text: string,
    readonly decoder: CopyDecoder,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever runs the query awaits it; a failure before that must not end the process.
    this.done.catch(() => undefined);
  }

  submit(connection: Connection): void {
    const { stream } = connection as unknown as { stream: Socket };
    this.decoder.restart();
    this.#socket = stream;
    this.#parsers = stream.listeners('data') as Listener[];
    if (stream instanceof ReadSocket) stream.taker = this.#onData;
    else {
      stream.removeAllListeners('data');
      stream.on('data', this.#onData);
    }
    connection.parse({ name: '', text: this.text, types: [] }, true);
    connection.bind({}, true);
    connection.execute({}, true);
    connection.sync();
  }

  readonly #onData = (bytes: Buffer): void => {
    try {
      this.#take(bytes);
      this.#holdBack();
    } catch (error) {
      this.#fail(error);
    }
  };

  /** Only a message that lies across two reads is copied: bytes are good until this returns. */
  #take(bytes: Buffer): void {
    let rest = bytes;
    while (this.#waiting.length > 0) {
      const missing = this.#neededBytes - this.#waitingBytes;
      this.#waiting.push(Buffer.from(rest.subarray(0, missing)));
      this.#waitingBytes += Math.min(missing, rest.length);
      rest = rest.subarray(missing);
      if (this.#waitingBytes < this.#neededBytes) return;
      const whole = Buffer.concat(this.#waiting);
      this.#waiting = [];
      this.#read(whole);
    }
    if (rest.length > 0) this.#read(rest);
  }

  /** A fault of the decoder or of who takes its rows: the connection is of no more use. */
  readonly #fail = (error: unknown): void => {
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#socket?.destroy(this.#failure);
    this.#reject(this.#failure);
  };

  /** Rows that come faster than they are taken stay on the server's side. */
  #holdBack(): void {
    const { pause } = this.decoder;
    if (pause === null) return;
    this.decoder.pause = null;
    this.#socket?.pause();
    pause.then(() => this.#socket?.resume(), this.#fail);
  }

  #read(bytes: Buffer): void {
    if (this.#isHandedBack) {
      for (const parser of this.#parsers) parser(Buffer.from(bytes));
      return;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#neededBytes = HEAD_BYTES;
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const end = at + 1 + view.getInt32(at + 1);
      if (end > bytes.length) {
        this.#neededBytes = end - at;
        break;
      }
      const type = bytes[at]!;
      if (type === COPY_DATA) this.decoder.take(bytes, view, { start: at + HEAD_BYTES, end });
      else if (!PASSED_OVER.has(type)) {
        this.#handBack(bytes.subarray(at));
        return;
      }
      at = end;
    }
    if (at === bytes.length) return;
    this.#waiting = [Buffer.from(bytes.subarray(at))];
    this.#waitingBytes = bytes.length - at;
  }

  #handBack(rest: Buffer): void {
    this.#isHandedBack = true;
    if (this.#socket instanceof ReadSocket) this.#socket.taker = null;
    else {
      this.#socket?.removeListener('data', this.#onData);
      for (const parser of this.#parsers) this.#socket?.on('data', parser);
    }
    for (const parser of this.#parsers) parser(Buffer.from(rest));
  }

  /** pg calls it by name for every query object. */
  handleError(error: Error): void {
    this.#reject(this.#failure ?? error);
  }

  handleReadyForQuery(): void {
    this.#resolve();
  }

  readonly handleCopyOutResponse = (): void => undefined;
  readonly handleCopyData = (): void => undefined;
  readonly handleCommandComplete = (): void => undefined;
  readonly handleRowDescription = (): void => undefined;
  readonly handleDataRow = (): void => undefined;
  readonly handleEmptyQuery = (): void => undefined;
  readonly handlePortalSuspended = (): void => undefined;
}
