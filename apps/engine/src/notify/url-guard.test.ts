import { describe, expect, it } from 'vitest';
import { ForbiddenUrl, guardUrl } from './url-guard.ts';

const guard = (url: string, addresses: string[] = ['93.184.216.34'], allowLoopback = false) =>
  guardUrl(url, {
    allowLoopback,
    resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  });

describe('the webhook URL guard', () => {
  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://0.0.0.0/',
    'https://169.254.169.254/latest/meta-data/',
    'https://100.64.0.1/',
    'https://10.0.0.1/',
    'https://192.168.1.1/',
    'https://172.16.0.1/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[::]/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://user@example.com/',
    'https://user:pw@example.com/',
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'https://example.com:5432/',
    'https://example.com:6379/',
    'not a url',
    '',
  ])('refuses %s', async (url) => {
    await expect(guard(url)).rejects.toThrow(ForbiddenUrl);
  });

  it('refuses a name of which any address is not public', async () => {
    await expect(guard('https://rebind.example/', ['93.184.216.34', '127.0.0.1'])).rejects.toThrow('127.0.0.1');
    await expect(guard('https://v6.example/', ['::ffff:10.0.0.1'])).rejects.toThrow(ForbiddenUrl);
    await expect(guard('https://nothing.example/', [])).rejects.toThrow(ForbiddenUrl);
  });

  it('lets public https through, with the addresses to connect to', async () => {
    const { url, addresses } = await guard('https://merchant.example:8443/hook');
    expect(url.port).toBe('8443');
    expect(addresses).toEqual([{ address: '93.184.216.34', family: 4 }]);
  });

  it('lets loopback through only where that is allowed, never other private networks', async () => {
    await expect(guard('http://127.0.0.1:9000/hook', [], true)).resolves.toBeTruthy();
    await expect(guard('http://localhost:9000/hook', ['127.0.0.1', '::1'], true)).resolves.toBeTruthy();
    await expect(guard('http://10.0.0.1/hook', [], true)).rejects.toThrow(ForbiddenUrl);
    await expect(guard('https://mixed.example/', ['127.0.0.1', '10.0.0.1'], true)).rejects.toThrow(ForbiddenUrl);
  });
});
