import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { isInRanges } from './ip-ranges.ts';
import { createServer, maxBodyBytes, type ServerDeps } from './server.ts';
import { classOf, createLoadShedder } from './shed-load.ts';

const apps: ReturnType<typeof createServer>[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function serve(own: Partial<ServerDeps> = {}) {
  const errors: object[] = [];
  const app = createServer({
    log: { error: (fields) => errors.push(fields), warn: () => undefined },
    isReady: async () => ({ ready: true, checks: { database: 'ok' } }),
    metricsText: async () => ({ contentType: 'text/plain', text: 'm 1' }),
    ...own,
  });
  app.get('/v1/payments/:id', async () => ({ ok: true }));
  app.post('/v1/payments', async () => ({ ok: true }));
  app.get('/v1/broken', async () => {
    throw new Error('relation "secrets" does not exist');
  });
  apps.push(app);
  return { app, errors };
}

describe('a body that is too large', () => {
  const sizes = [maxBodyBytes + 1, 4_700_000, 50_000_000];

  it.each(sizes)('of %d bytes is answered as a problem, not by a cut connection', async (bytes) => {
    const { app } = serve();
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    for (let i = 0; i < 5; i++) {
      const answer = await fetch(`${url}/v1/payments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `"${'x'.repeat(bytes - 2)}"`,
      });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, 'body_too_large']);
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('is answered when it comes without its length, too', async () => {
    const { app } = serve();
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const part = new Uint8Array(500_000).fill(120);
    let parts = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (++parts > 20) controller.close();
        else controller.enqueue(part);
      },
    });
    const answer = await fetch(`${url}/v1/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(413);
  });

  it('is answered even to a client that sends all of it before it listens', async () => {
    const { app } = serve();
    const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname);
      socket.pause();
      socket.write(
        'POST /v1/payments HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n',
      );
      const part = Buffer.alloc(300_000, 'x');
      const send = (sent: number) => {
        if (sent >= 9_000_000) return socket.resume();
        socket.write(part, () => setTimeout(send, 5, sent + part.length));
      };
      send(0);
      let text = '';
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 413 [\s\S]*"code":"body_too_large"/);
  });

  it('is not waited for without end', async () => {
    const { app } = serve();
    const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const started = performance.now();
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname, () =>
        socket.write(
          'POST /v1/payments HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n"xx',
        ),
      );
      let text = '';
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('the door', () => {
  it('puts a request id and security headers on every answer, errors of every kind included', async () => {
    const { app } = serve();
    const ids = new Set<unknown>();
    for (const [method, url] of [
      ['GET', '/v1/payments/x'],
      ['GET', '/nowhere'],
      ['PATCH', '/v1/payments'],
      ['GET', '/v1/broken'],
      ['GET', '/v1/payments/%ff'],
      ['GET', '/healthz'],
    ] as const) {
      const { headers } = await app.inject({ method, url });
      expect(headers, url).toMatchObject({
        'request-id': expect.stringMatching(/^req_[0-9a-f]{24}$/),
        'x-content-type-options': 'nosniff',
      });
      ids.add(headers['request-id']);
    }
    expect(ids.size).toBe(6);
  });

  it('tells a wrong method from a wrong path, and which methods there are', async () => {
    const { app } = serve();
    for (const [method, url, allow] of [
      ['DELETE', '/v1/payments/x', 'GET, HEAD'],
      ['GET', '/v1/payments', 'POST'],
      ['PUT', '/healthz', 'GET, HEAD'],
    ] as const) {
      const answer = await app.inject({ method, url, payload: '{', headers: { 'content-type': 'application/json' } });
      expect([answer.statusCode, answer.headers.allow, answer.json().code]).toEqual([405, allow, 'method_not_allowed']);
    }
    for (const url of ['/v1/payments/x/y', '/', '/v1/healthz', '/__proto__', '/v1/payments//']) {
      const answer = await app.inject({ method: 'POST', url });
      expect([url, answer.statusCode, answer.json().code]).toEqual([url, 404, 'not_found']);
    }
  });

  it('says nothing of a fault to the caller, and all of it to the log', async () => {
    const { app, errors } = serve();
    const answer = await app.inject('/v1/broken');
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'internal']);
    expect(answer.body).not.toContain('secrets');
    expect(errors).toMatchObject([{ requestId: answer.json().requestId, url: '/v1/broken' }]);
  });

  it('shows metrics to this machine and those allowed, not to who comes through a proxy', async () => {
    const { app } = serve({ metricsFrom: ['127.0.0.0/8', '10.1.0.0/16'] });
    const status = async (remoteAddress: string, headers = {}) =>
      (await app.inject({ url: '/metrics', remoteAddress, headers })).statusCode;
    expect(await status('127.0.0.1')).toBe(200);
    expect(await status('::ffff:10.1.2.3')).toBe(200);
    expect(await status('10.2.0.1')).toBe(403);
    expect(await status('127.0.0.1', { 'x-forwarded-for': '8.8.8.8' })).toBe(403);
  });

  it('believes X-Forwarded-For only from proxies that it was told of', async () => {
    const { app } = serve({ trustedProxies: ['10.0.0.0/8'] });
    app.get('/ip', async (request) => request.ip);
    const ip = async (remoteAddress: string) =>
      (await app.inject({ url: '/ip', remoteAddress, headers: { 'x-forwarded-for': '203.0.113.7' } })).body;
    expect(await ip('10.0.0.1')).toBe('203.0.113.7');
    expect(await ip('192.0.2.1')).toBe('192.0.2.1');
  });

  it('answers what is not HTTP with a problem', async () => {
    const { app } = serve();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as { port: number };
    for (const bytes of ['NONSENSE\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`]) {
      const text = await new Promise<string>((resolve, reject) => {
        let answer = '';
        connect(port, '127.0.0.1')
          .on('data', (chunk) => {
            answer += chunk;
          })
          .on('end', () => resolve(answer))
          .on('error', reject)
          .write(bytes);
      });
      expect(text).toMatch(/^HTTP\/1\.1 400 .*\r\ncontent-type: application\/problem\+json/);
      expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'invalid_request', status: 400 });
    }
  });

  it('finishes what it began when it is stopped, and sends newcomers on', async () => {
    const { app } = serve();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    app.get('/v1/slow', async () => {
      await held;
      return { done: true };
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const slow = fetch(`${url}/v1/slow`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closing = app.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    expect(await (await slow).json()).toEqual({ done: true });
    await closing;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});

describe('too many requests', () => {
  it('are refused at the door with a time to come back', async () => {
    const { app } = serve({ maxInFlight: 0 });
    const answer = await app.inject('/v1/payments/x');
    expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([503, 'overloaded', '2']);
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    expect((await app.inject('/readyz')).statusCode).toBe(200);
  });

  it('go in the order of their worth: queries first, callbacks last', () => {
    const load = createLoadShedder(10);
    const worth = ['query', 'refund', 'payment', 'callback'] as const;
    const refusedAt = new Map<string, number>();
    for (let i = 0; i < 10; i++) {
      for (const kind of worth) {
        try {
          load.enter(kind)();
        } catch {
          if (!refusedAt.has(kind)) refusedAt.set(kind, i);
        }
      }
      load.enter('callback');
    }
    expect(refusedAt).toEqual(
      new Map([
        ['query', 7],
        ['refund', 8],
        ['payment', 9],
      ]),
    );
    expect(() => load.enter('callback')).toThrow();
  });

  it('are told apart by method and path', () => {
    expect(
      [
        ['POST', '/callbacks/a/b'],
        ['POST', '/v1/payments'],
        ['POST', '/v1/payments?x=1'],
        ['POST', '/v1/payments/pay_1/refunds'],
        ['POST', '/v1/payments/pay_1/close'],
        ['GET', '/v1/payments'],
        ['GET', '/healthz'],
        ['POST', '/trpc/orders.list'],
      ].map(([method = '', url = '']) => classOf(method, url)),
    ).toEqual(['callback', 'payment', 'payment', 'refund', 'refund', 'query', undefined, undefined]);
  });
});

describe('an address', () => {
  it('is in a range however it is written, and nothing that can not be read is in any', () => {
    expect(isInRanges(['10.0.0.0/8'], '::ffff:10.9.9.9')).toBe(true);
    expect(isInRanges(['2001:db8::/32'], '2001:db8::1')).toBe(true);
    expect(isInRanges(['10.0.0.1'], '10.0.0.2')).toBe(false);
    fc.assert(fc.property(fc.string(), fc.string(), (range, ip) => void isInRanges([range, '10.0.0.0/8'], ip)));
    expect(isInRanges(['0.0.0.0/0'], undefined)).toBe(false);
  });
});

describe('a node that stops', () => {
  it('says so, and still takes requests until load balancers have seen it; then it refuses', async () => {
    const { app } = serve({ drainMs: 2_000 });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const closed = app.close();
    const readiness = await fetch(`${url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ checks: { node: 'stopping' } });
    const served = await fetch(`${url}/v1/payments/pay_1`);
    expect(served.status).toBe(200);
    expect(served.headers.get('connection')).toBe('close');
    await closed;
    await expect(fetch(`${url}/v1/payments/pay_1`)).rejects.toThrow();
  });
});
