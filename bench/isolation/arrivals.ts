import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';

/** Payments of one service that come at a steady rate, whatever becomes of those before. */
export type Stream = { name: string; serviceId: string; perSecond: number };

/** What became of one of them. `ms` counts from when it was due, so a late start is not forgiven. */
export type Placed = {
  phase: string;
  stream: string;
  /** Wall clock when it was due, and how long the merchant waited for an answer. */
  at: number;
  ms: number;
  /** 0: no answer. */
  httpStatus: number;
  channel: string | undefined;
  /** The payer has something to pay by. */
  payable: boolean;
};

/** Merchants who place payments in an open loop. Rates can be changed while it runs. */
export function createArrivals({ url, apiKey, connections }: { url: string; apiKey: string; connections: number }) {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const placed: Placed[] = [];
  const under = new Set<Promise<void>>();
  let phase = '';
  let running: (Stream & { next: number })[] = [];

  async function place({ name: stream, serviceId }: Stream, due: number): Promise<void> {
    const key = randomUUID();
    const one: Placed = {
      phase,
      stream,
      at: performance.timeOrigin + due,
      ms: 0,
      httpStatus: 0,
      channel: undefined,
      payable: false,
    };
    try {
      const response = await pool.request({
        method: 'POST',
        path: '/v1/payments',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({
          merchantOrderNo: `${phase}-${stream}-${key}`,
          serviceId,
          amount: 1299,
          currency: 'CNY',
          subject: 'Flat white',
          payer: { id: `payer-${Math.floor(Math.random() * 100_000)}` },
        }),
      });
      const body = (await response.body.json()) as { channel?: string; credential?: object };
      one.httpStatus = response.statusCode;
      one.channel = body.channel;
      one.payable = response.statusCode === 201 && body.credential !== undefined;
    } catch {
      // Stays 0: a connection that broke is no answer.
    }
    one.ms = performance.now() - due;
    placed.push(one);
  }

  const timer = setInterval(() => {
    const now = performance.now();
    for (const stream of running) {
      while (stream.next <= now) {
        const going = place(stream, stream.next).finally(() => under.delete(going));
        under.add(going);
        // Even on the whole, never in step with another stream.
        stream.next += ((0.5 + Math.random()) * 1000) / stream.perSecond;
      }
    }
  }, 2);

  return {
    placed: placed as readonly Placed[],
    /** From now on these streams, under this name. */
    begin(name: string, streams: readonly Stream[]): void {
      const now = performance.now();
      phase = name;
      running = streams.map((stream) => ({ ...stream, next: now + (Math.random() * 1000) / stream.perSecond }));
    },
    async stop(): Promise<void> {
      clearInterval(timer);
      await Promise.all(under);
      await pool.close();
    },
  };
}
