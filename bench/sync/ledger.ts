import { createServer } from 'node:http';
import { lookUpsNeeded } from './ledger-channel.ts';

/** The channel's side: counts every look-up, and says "paid" from the last one that an order takes on. */
export async function startLedger() {
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const requestNo = request.url?.split('/').at(-1) ?? '';
    const count = (asked.get(requestNo) ?? 0) + 1;
    asked.set(requestNo, count);
    request.resume();
    response.end(count >= lookUpsNeeded(requestNo) ? 'paid' : 'pending');
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
