import { describe, expect, it } from 'vitest';
import { canonicalEntry } from './canonical-value.ts';

const ip = (text: string) => {
  const read = canonicalEntry('ip', text);
  return read.ok ? read.value : `refused: ${read.message}`;
};

describe('the spelling of list entries', () => {
  it('is one for every way to write an address', () => {
    for (const [text, value] of [
      [' 203.0.113.7 ', '203.0.113.7'],
      ['203.0.113.7/32', '203.0.113.7'],
      ['203.0.113.200/24', '203.0.113.0/24'],
      ['::ffff:203.0.113.7', '203.0.113.7'],
      ['::ffff:cb00:7107', '203.0.113.7'],
      ['::ffff:203.0.113.0/120', '203.0.113.0/24'],
      ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
      ['2001:db8:aaaa:bbbb::1/48', '2001:db8:aaaa::/48'],
      ['2001:db8::1/128', '2001:db8::1'],
    ] as const)
      expect(ip(text), text).toBe(value);
  });

  it('refuses what is no address, and ranges that cover too much', () => {
    for (const text of [
      '127.1',
      '0x7f.0.0.1',
      '2130706433',
      '010.0.0.1',
      '203.0.113.7/33',
      '203.0.113.7/',
      '203.0.113.7/08',
      '203.0.113.7/24/24',
      'fe80::1%eth0',
      '2001:db8::/129',
      '::ffff:203.0.113.0/64',
      'example.com',
      '203.0.113.7 10.0.0.1',
    ])
      expect(ip(text), text).toMatch(/^refused: is not an IP address/);
    for (const text of ['0.0.0.0/0', '10.0.0.0/7', '::/0', '2000::/15']) expect(ip(text), text).toMatch(/too many/);
  });

  it('keeps the case of ids, not that of banks, and takes card prefixes of 6 to 8 digits only', () => {
    expect(canonicalEntry('payer', ' Payer-7 ')).toEqual({ ok: true, value: 'Payer-7' });
    expect(canonicalEntry('bank', 'icbc')).toEqual({ ok: true, value: 'ICBC' });
    for (const bin of ['622202', '6222021', '62220212']) expect(canonicalEntry('card_bin', bin).ok).toBe(true);
    for (const bin of ['62220', '622202123', '62220x', '６２２２０２'])
      expect(canonicalEntry('card_bin', bin).ok).toBe(false);
    for (const text of ['', '   ', 'a\u0000b', 'a\u202eb', '\ud800', 'x'.repeat(129)])
      expect(canonicalEntry('payer', text).ok, JSON.stringify(text)).toBe(false);
  });
});
