import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';

export type LoadResult = { perSecond: number; p50Ms: number; p99Ms: number };

/** A closed loop of merchants that place one payment after the other. Anything but 201 fails the run. */
export async function runLoad({
  url,
  apiKey,
  serviceId,
  clients,
  seconds,
  warmupSeconds,
}: {
  url: string;
  apiKey: string;
  serviceId: string;
  clients: number;
  seconds: number;
  warmupSeconds: number;
}): Promise<LoadResult> {
  const pool = new Pool(url, { connections: clients, pipelining: 1 });
  const begin = performance.now() + warmupSeconds * 1000;
  const end = begin + seconds * 1000;
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) {
        const key = randomUUID();
        const started = performance.now();
        const response = await pool.request({
          method: 'POST',
          path: '/v1/payments',
          headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify({
            merchantOrderNo: key,
            serviceId,
            amount: 1299,
            currency: 'CNY',
            subject: 'Flat white',
            payer: { id: `payer-${Math.floor(Math.random() * 10_000)}` },
          }),
        });
        const text = await response.body.text();
        if (response.statusCode !== 201) throw new Error(`${response.statusCode} ${text.slice(0, 300)}`);
        if (started >= begin && performance.now() <= end) times.push(performance.now() - started);
      }
    }),
  );
  await pool.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 10) / 10;
  return { perSecond: Math.round(times.length / seconds), p50Ms: at(0.5), p99Ms: at(0.99) };
}
