// One load of look-ups, in a process of its own: as little work as possible for each request, so that what is measured is not
// the measuring. Told what to do by its argument, as JSON; prints what became of it, as JSON.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Blast = {
  port: number;
  apiKey: string;
  /** Ids of payments, one a line. Each connection goes through a part of them, over and over. */
  idsFile: string;
  connections: number;
  /** Requests per second over all connections, due at even times; without, each connection asks as soon as it was answered. */
  perSecond?: number;
  warmupSeconds: number;
  seconds: number;
};
/** Times in ms, from when a request was due. */
export type Blasted = { perSecond: number; statuses: Record<string, number>; times: number[] };

const { port, apiKey, idsFile, connections, perSecond, warmupSeconds, seconds } = JSON.parse(
  process.argv[2] ?? '{}',
) as Blast;
const ids = readFileSync(idsFile, 'utf8').trim().split('\n');
const begin = performance.now() + warmupSeconds * 1000;
const end = begin + seconds * 1000;
const statuses: Record<string, number> = {};
const times: number[] = [];
let answered = 0;

// Not all at once: a listener's queue of new connections is short.
await Promise.all(
  Array.from({ length: connections }, async (_, index) => {
    await sleep((index / connections) * warmupSeconds * 800);
    await ask(index);
  }),
);
process.stdout.write(JSON.stringify({ perSecond: answered / seconds, statuses, times } satisfies Blasted));

function ask(index: number): Promise<void> {
  const share = Math.ceil(ids.length / connections);
  const own = ids.slice(index * share, (index + 1) * share);
  const requests = (own.length > 0 ? own : ids).map(
    (id) => `GET /v1/payments/${id} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${apiKey}\r\n\r\n`,
  );
  const everyMs = perSecond === undefined ? 0 : (connections / perSecond) * 1000;
  let next = 0;
  let due = performance.now() + everyMs * Math.random();
  let got = '';
  return new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1');
    const send = () => {
      if (performance.now() >= end) {
        socket.destroy();
        return done();
      }
      if (everyMs === 0) due = performance.now();
      socket.write(requests[next++ % requests.length] ?? '');
    };
    const sendWhenDue = () => {
      const wait = due - performance.now();
      if (wait > 1) setTimeout(send, wait);
      else send();
    };
    socket.on('connect', sendWhenDue);
    socket.on('error', () => {
      statuses.broken = (statuses.broken ?? 0) + 1;
    });
    socket.on('close', () => done());
    socket.on('data', (text: string) => {
      got += text;
      const head = got.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(got.slice(0, head))?.[1] ?? 0);
      if (got.length < head + 4 + length) return;
      const now = performance.now();
      if (now >= begin && now < end) {
        const status = got.slice(9, 12);
        statuses[status] = (statuses[status] ?? 0) + 1;
        answered++;
        times.push(now - due);
      }
      got = '';
      due += everyMs;
      sendWhenDue();
    });
  });
}
