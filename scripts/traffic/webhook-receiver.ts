import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { DemoMerchant } from './merchant-client.ts';
import type { Random } from './random.ts';

/** The merchants' own server: checks every webhook as the docs say, and now and then is not well. */
export async function openWebhookReceiver(merchants: readonly DemoMerchant[], random: Random, illness: number) {
  const verifiers = new Map(merchants.map(({ id, webhookSecret }) => [id, new Webhook(webhookSecret)]));
  /** What was heard of each payment, by webhook id: the same one twice is one. */
  const heard = new Map<string, Map<string, string>>();
  const stats = { heard: 0, refused: 0, again: 0, wrong: 0 };

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => response.writeHead(take(request.url ?? '', request.headers, Buffer.concat(parts))).end());
  });

  function take(url: string, headers: object, body: Buffer): number {
    stats.heard++;
    try {
      const verifier = verifiers.get(url.slice(1));
      if (!verifier) throw new Error('nobody of ours');
      const { id, type, data } = verifier.verify(body, headers as Record<string, string>) as {
        id: string;
        type: string;
        data: { payment: { id: string } };
      };
      if (random.chance(illness)) {
        stats.refused++;
        return random.chance(0.5) ? 500 : 503;
      }
      const of = heard.get(data.payment.id) ?? new Map<string, string>();
      if (of.has(id)) stats.again++;
      heard.set(data.payment.id, of.set(id, type));
      return 204;
    } catch {
      stats.wrong++;
      return 400;
    }
  }

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    stats,
    urlOf: (merchantId: string) => `http://127.0.0.1:${port}/${merchantId}`,
    /** Payments of which the merchant has not been told what it should, after waiting for it. */
    async missing(expected: ReadonlyMap<string, string>, waitMs: number): Promise<string[]> {
      const until = performance.now() + waitMs;
      const untold = () =>
        [...expected].filter(([id, type]) => ![...(heard.get(id)?.values() ?? [])].includes(type)).map(([id]) => id);
      while (untold().length > 0 && performance.now() < until) await sleep(500);
      return untold();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
