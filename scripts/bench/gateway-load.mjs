// The generator of the gateway's bench, in a process of its own: plain sockets that stay open, one request at a time each,
// so that what it costs is taken from the gateway's machine as little as possible. Started by fork, spoken to by messages.
//
// `closed`: each connection sends its next request when it has its answer; gives the throughput.
// `open`: requests are due at a fixed rate, whether the earlier ones are answered or not, and a latency counts from the
// moment that the request was due: a gateway that stalls pays for every request that it held up.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const CRLF2 = Buffer.from('\r\n\r\n');

/** One connection: sends a request, calls back with the answer's status and body. Connects again when it was cut. */
class Connection {
  constructor({ host, port }) {
    this.address = { host, port };
    this.open();
  }

  open() {
    this.buffer = Buffer.alloc(0);
    this.socket = connect({ ...this.address, noDelay: true });
    this.socket.on('data', (chunk) => this.read(chunk));
    this.socket.on('error', () => undefined); // `close` follows
    this.socket.on('close', () => this.answered({ status: 0, body: '' }));
  }

  send(bytes, done) {
    this.done = done;
    if (this.socket.destroyed) this.open();
    this.socket.write(bytes);
  }

  read(chunk) {
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
    const end = this.buffer.indexOf(CRLF2);
    if (end < 0) return;
    const head = this.buffer.toString('latin1', 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.buffer.length < end + 4 + length) return;
    const body = this.buffer.toString('utf8', end + 4, end + 4 + length);
    this.buffer = this.buffer.subarray(end + 4 + length);
    this.answered({ status: Number(head.slice(9, 12)), body });
  }

  answered(answer) {
    const { done } = this;
    this.done = undefined;
    done?.(answer);
  }
}

class Load {
  constructor(plan) {
    this.plan = plan;
    const { hostname, port } = new URL(plan.url);
    const report = readFileSync(plan.report);
    this.senders = Array.from({ length: plan.connections }, (_, no) => ({
      no,
      connection: new Connection({ host: hostname, port: Number(port) }),
      count: 0,
      lastSeq: 0,
      model: plan.models[no % plan.models.length],
      token: plan.tokens[no % plan.tokens.length],
    }));
    this.report = report;
    this.statuses = {};
    this.latencies = [];
    this.disordered = 0;
    this.kept = [];
  }

  request(sender) {
    const { model, token, no } = sender;
    const id = `${this.plan.name}-${no}-${sender.count++}`;
    const path = `/v1/models/${model}/signals/evidently?${this.plan.query}&id=${id}`;
    const head = `POST ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${this.report.length}\r\n\r\n`;
    return { id, bytes: Buffer.concat([Buffer.from(head), this.report]) };
  }

  /** @param dueMs when it should have been sent */
  fire(sender, dueMs, done) {
    const { id, bytes } = this.request(sender);
    sender.connection.send(bytes, ({ status, body }) => {
      const nowMs = performance.now();
      if (dueMs >= this.countFromMs) {
        this.statuses[status] = (this.statuses[status] ?? 0) + 1;
        if (status === 202) this.latencies.push(nowMs - dueMs);
      }
      if (status === 202) this.check(sender, { id, body });
      done();
    });
  }

  check(sender, { id, body }) {
    const seq = JSON.parse(body).accepted[0].seq;
    if (seq <= sender.lastSeq) this.disordered += 1;
    sender.lastSeq = seq;
    if (this.plan.isKeepingIds) this.kept.push(id);
  }

  async closed() {
    const loop = async (sender) => {
      while (performance.now() < this.endMs) {
        const before = performance.now();
        await new Promise((resolve) => this.fire(sender, before, resolve));
        // A gateway that is away is asked again, not hammered.
        if (sender.connection.socket.destroyed) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await Promise.all(this.senders.map(loop));
  }

  open() {
    const idle = [...this.senders];
    const due = [];
    const startMs = performance.now();
    let made = 0;
    let busy = 0;
    return new Promise((resolve) => {
      const dispatch = () => {
        while (due.length > 0 && idle.length > 0) {
          const sender = idle.shift();
          busy += 1;
          this.fire(sender, due.shift(), () => {
            busy -= 1;
            idle.push(sender);
            dispatch();
          });
        }
      };
      const tick = () => {
        const nowMs = performance.now();
        for (; startMs + (made * 1000) / this.plan.rate <= Math.min(nowMs, this.endMs); made++) {
          due.push(startMs + (made * 1000) / this.plan.rate);
        }
        dispatch();
        if (nowMs < this.endMs || due.length > 0 || busy > 0) setTimeout(tick, 1);
        else resolve();
      };
      tick();
    });
  }

  async run() {
    const { warmUpSec, seconds, rate } = this.plan;
    const startMs = performance.now();
    this.countFromMs = startMs + warmUpSec * 1000;
    this.endMs = this.countFromMs + seconds * 1000;
    await (rate === null ? this.closed() : this.open());
    const tookSec = (performance.now() - this.countFromMs) / 1000;
    for (const { connection } of this.senders) connection.socket.destroy();
    return {
      statuses: this.statuses,
      latencies: percentiles(this.latencies),
      disordered: this.disordered,
      kept: this.kept,
      tookSec,
    };
  }
}

function percentiles(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}

process.on('message', async (plan) => {
  // Disconnected before it has gone, a long answer would be lost.
  process.send(await new Load(plan).run(), () => process.disconnect());
});
