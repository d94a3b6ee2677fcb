import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ForbiddenUrl, guardUrl, isPublicAddress } from './url-guard.ts';

const guard = (url: string, addresses: string[] = ['93.184.216.34'], allowLoopback = false) =>
  guardUrl(url, {
    allowLoopback,
    signal: new AbortController().signal,
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
    'https://[64:ff9b::a00:1]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2002:a00:1::]/',
    'https://[2001:0:a00:1::]/',
    'https://[::10.0.0.1]/',
    'https://[::ffff:0:10.0.0.1]/',
    'https://[100::1]/',
    'https://[3fff::1]/',
    'https://[5f00::1]/',
    'https://[fec0::1]/',
    'https://[4000::1]/',
    'https://168.63.129.16/',
    'https://100.100.100.200/',
    'https://192.0.0.192/',
    'https://198.18.0.1/',
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

  it('decides on what an address is, however it is spelled', async () => {
    const decision = (text: string) =>
      guard(`https://${text}/`, []).then(
        () => 'let through',
        (error) => (error instanceof ForbiddenUrl ? 'refused' : 'broke'),
      );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.ipV4(),
          fc.constantFrom('10.1.2.3', '127.0.0.1', '169.254.169.254', '8.8.8.8', '172.31.255.255', '172.32.0.1'),
        ),
        async (text) => {
          const bytes = text.split('.').map(Number);
          const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
          const [a = 0, b = 0, c = 0, d = 0] = bytes;
          const expected = isPublicAddress(text) ? 'let through' : 'refused';
          expect(await decision(text)).toBe(expected);
          for (const spelled of [
            String(number),
            `0x${number.toString(16)}`,
            `0${number.toString(8)}`,
            `${a}.${b}.${c * 256 + d}`,
            `${a}.${(b * 256 + c) * 256 + d}`,
            bytes.map((byte) => `0x${byte.toString(16)}`).join('.'),
            bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
            `${text}.`,
          ])
            expect([spelled, await decision(spelled)]).toEqual([spelled, expected]);
          const hex = (high: number, low: number) => (high * 256 + low).toString(16);
          // Mapped into IPv6 it is the same address; carried in any other way it leads through somebody's gateway.
          expect(await decision(`[::ffff:${hex(a, b)}:${hex(c, d)}]`)).toBe(expected);
          for (const carrier of [`64:ff9b::${hex(a, b)}:${hex(c, d)}`, `2002:${hex(a, b)}:${hex(c, d)}::`])
            expect(await decision(`[${carrier}]`)).toBe('refused');
        },
      ),
    );
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
