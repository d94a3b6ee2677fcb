import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { certainlyNotSent, createSend } from './send.ts';

const servers: Server[] = [];
const { send, close } = createSend({
  inproc: { echo: (request) => ({ status: 200, headers: {}, body: Buffer.from(request.body) }) },
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const request = { method: 'POST' as const, path: '/v3/x?y=1', headers: {}, body: '{}' };

describe('sending', () => {
  it('brings the exact bytes back', async () => {
    const url = await serve((_, response) =>
      response.writeHead(201, { 'X-Sign': 's' }).end(Buffer.from([0xff, 0x00, 0x41])),
    );
    const outcome = await send(url, request, 1000);
    expect(outcome).toMatchObject({ kind: 'answered', response: { status: 201, headers: { 'x-sign': 's' } } });
    expect(outcome.kind === 'answered' && [...outcome.response.body]).toEqual([0xff, 0x00, 0x41]);
  });

  it('says "not sent" only when nobody listens', async () => {
    const url = await serve((_, response) => response.end());
    for (const server of servers.splice(0)) server.close();
    expect(await send(url, request, 1000)).toMatchObject({ kind: 'not_sent' });
    expect(await send('inproc://nobody', request, 1000)).toMatchObject({ kind: 'not_sent' });
  });

  it('says so for names that do not exist and base URLs that are none', async () => {
    expect(await send('http://nobody.invalid', request, 2000)).toMatchObject({ kind: 'not_sent' });
    for (const url of ['', 'ftp://x', 'http://', 'not a url'])
      expect(await send(url, request, 1000)).toMatchObject({ kind: 'not_sent' });
  });

  it('tells a connection that never stood from one that ended', () => {
    const fault = (code: string, syscall?: string) => Object.assign(new Error(code), { code, syscall });
    for (const certain of [
      fault('ECONNREFUSED', 'connect'),
      fault('EHOSTUNREACH', 'connect'),
      fault('ENOTFOUND', 'getaddrinfo'),
      fault('UND_ERR_CONNECT_TIMEOUT'),
      new AggregateError([fault('ECONNREFUSED', 'connect'), fault('ETIMEDOUT', 'connect')]),
    ])
      expect(certainlyNotSent(certain)).toBe(true);
    for (const open of [
      // What Linux reports for a connection that stood when a router says that the host is gone.
      fault('EHOSTUNREACH', 'read'),
      fault('ECONNREFUSED', 'read'),
      fault('ETIMEDOUT', 'read'),
      fault('ECONNRESET', 'read'),
      fault('EPIPE', 'write'),
      fault('UND_ERR_SOCKET'),
      new AggregateError([]),
      new AggregateError([fault('ECONNREFUSED', 'connect'), fault('ECONNRESET', 'read')]),
      undefined,
      null,
      'text',
    ])
      expect(certainlyNotSent(open)).toBe(false);
  });

  it('sends a request once, even when a kept-alive connection was closed under it', async () => {
    let requests = 0;
    const url = await serve((incoming, response) => {
      requests++;
      if (requests === 1) return void response.end('{}');
      incoming.socket.resetAndDestroy();
    });
    expect(await send(url, request, 1000)).toMatchObject({ kind: 'answered' });
    expect(await send(url, request, 1000)).toMatchObject({ kind: 'connection_lost' });
    expect(requests).toBe(2);
  });

  it('does not follow a channel elsewhere', async () => {
    const url = await serve((_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end());
    expect(await send(url, request, 1000)).toMatchObject({ kind: 'answered', response: { status: 307 } });
  });

  it('never says so once a connection stood: reset, half an answer', async () => {
    const reset = await serve((incoming) => incoming.socket.resetAndDestroy());
    expect(await send(reset, request, 1000)).toMatchObject({ kind: 'connection_lost' });
    const half = await serve((incoming, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a":');
      setTimeout(() => incoming.socket.destroy(), 10);
    });
    expect(await send(half, request, 1000)).toMatchObject({ kind: 'connection_lost' });
  });

  it('keeps one deadline over silence, slow headers and a body that drips', async () => {
    const silent = await serve(() => undefined);
    expect(await send(silent, request, 60)).toMatchObject({ kind: 'timeout' });
    const drip = await serve((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    expect(await send(drip, request, 80)).toMatchObject({ kind: 'timeout' });
  });

  it('does not swallow an answer without end', async () => {
    const endless = await serve((_, response) => {
      response.writeHead(200);
      for (let i = 0; i < 40; i++) response.write(Buffer.alloc(64 * 1024));
      response.end();
    });
    expect(await send(endless, request, 5000)).toMatchObject({ kind: 'too_large' });
    await close();
  });
});
