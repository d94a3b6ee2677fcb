import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { postWebhook } from './post-webhook.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(answer: (path: string) => { status: number; headers?: Record<string, string> }) {
  const heard: { host: string | undefined; path: string }[] = [];
  server = createServer((request, response) => {
    heard.push({ host: request.headers.host, path: request.url ?? '' });
    const { status, headers = {} } = answer(request.url ?? '');
    response.writeHead(status, headers).end();
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return { heard, port: (server.address() as AddressInfo).port };
}

describe('posting a webhook', () => {
  it('connects to the address that was checked, whatever the name says afterwards', async () => {
    const { heard, port } = await listen(() => ({ status: 204 }));
    let asked = 0;
    // Nobody else knows this name: a second look-up would find nothing, or, with a name that is rebound, the wrong place.
    const posted = await postWebhook(`http://rebound.invalid:${port}/hook`, {}, '{}', {
      allowLoopback: true,
      resolve: async () =>
        ++asked === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '10.0.0.1', family: 4 }],
    });
    expect(posted).toMatchObject({ status: 204 });
    expect(asked).toBe(1);
    expect(heard).toEqual([{ host: `rebound.invalid:${port}`, path: '/hook' }]);
  });

  it('checks the name anew on every try', async () => {
    const { heard, port } = await listen(() => ({ status: 204 }));
    const answers = ['127.0.0.1', '169.254.169.254'];
    const options = {
      allowLoopback: true,
      resolve: async () => [{ address: answers.shift() ?? '', family: 4 }],
    };
    const url = `http://rebound.invalid:${port}/`;
    expect(await postWebhook(url, {}, '{}', options)).toMatchObject({ status: 204 });
    expect(await postWebhook(url, {}, '{}', options)).toMatchObject({ forbidden: true });
    expect(heard).toHaveLength(1);
  });

  it('goes where it was sent, not where it is sent on to', async () => {
    const { heard, port } = await listen((path) =>
      path === '/hook' ? { status: 307, headers: { location: '/inside' } } : { status: 200 },
    );
    const posted = await postWebhook(`http://127.0.0.1:${port}/hook`, {}, '{}', { allowLoopback: true });
    expect(posted).toMatchObject({ status: 307, error: 'answered 307' });
    expect(heard.map(({ path }) => path)).toEqual(['/hook']);
  });

  it('says what went wrong, and never throws', async () => {
    const refused = await postWebhook('http://127.0.0.1:1/', {}, '{}', { allowLoopback: true });
    expect(refused.status).toBeUndefined();
    expect(refused.error).toMatch(/ECONNREFUSED/);
    const nowhere = { allowLoopback: false, resolve: () => Promise.reject(new Error('ENOTFOUND')) };
    expect(await postWebhook('https://nobody.invalid/', {}, '{}', nowhere)).toMatchObject({ error: 'ENOTFOUND' });
    expect(await postWebhook('no url', {}, '{}', { allowLoopback: false })).toMatchObject({ forbidden: true });
  });
});
