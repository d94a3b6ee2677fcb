import http, { type Agent, createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

const askEveryMs = 200;

/** Those of several engines whose `/readyz` last said yes; asked five times a second, as load balancers do. */
export function watchReadiness(targets: () => readonly string[]) {
  const away = new Set<string>();
  const ask = async (url: string) => {
    const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) away.delete(url);
    else away.add(url);
  };
  const timer = setInterval(() => void Promise.all(targets().map(ask)), askEveryMs);
  return {
    /** All of them when none is ready: a refusal of theirs says more than ours. */
    ready: (): readonly string[] => {
      const ready = targets().filter((url) => !away.has(url));
      return ready.length > 0 ? ready : targets();
    },
    close: () => clearInterval(timer),
  };
}

/**
 * What stands before several engines: each request goes to the next one, and to another when the connection was refused,
 * because then nothing was sent. A connection that breaks later is the caller's to repeat: it is answered 502.
 */
export async function startBalancer(
  targets: (request: { method: string; path: string }) => readonly string[],
  port = 0,
) {
  const agent: Agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
  let turn = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const urls = targets({ method: request.method ?? '', path: request.url ?? '' });
      const first = turn++;
      const attempt = (tries: number): void => {
        const target = urls[(first + tries) % Math.max(1, urls.length)];
        if (!target || tries >= urls.length * 2) {
          response.writeHead(503, { 'retry-after': '1' }).end();
          return;
        }
        const { hostname, port } = new URL(target);
        const forwarded = send(
          { agent, hostname, port, path: request.url, method: request.method, headers: request.headers },
          (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
            answer.on('error', () => response.destroy());
          },
        );
        forwarded.on('error', (error: NodeJS.ErrnoException) => {
          if (error.code === 'ECONNREFUSED') attempt(tries + 1);
          else if (response.headersSent) response.destroy();
          else response.writeHead(502).end();
        });
        forwarded.end(body);
      };
      attempt(0);
    });
    request.on('error', () => response.destroy());
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}
