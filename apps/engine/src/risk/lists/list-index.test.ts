import type { ListConfig } from '@tributary/contracts/list';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, canonicalEntry, masked, parseNetwork } from './canonical-value.ts';
import { HashSet64 } from './hash-set.ts';
import { allCandidates, ListIndex } from './list-index.ts';

const list = (id: string, subject: ListConfig['subject']): ListConfig => ({ id, name: id, subject, effect: 'block' });

describe('the index of lists', () => {
  it('never forgets a member, through any growth', () => {
    const set = new HashSet64();
    for (let i = 0; i < 60_000; i++) expect(set.add(`v${i}`)).toBe(true);
    for (let i = 0; i < 60_000; i++) if (!set.mayHave(`v${i}`)) throw new Error(`v${i} is gone`);
    expect(set.add('v7')).toBe(false);
    expect(set.size).toBe(60_000);
    let wrong = 0;
    for (let i = 0; i < 60_000; i++) if (set.mayHave(`w${i}`)) wrong++;
    expect(wrong).toBe(0);
    expect(set.bytes / set.size).toBeLessThan(32);
  });

  it('finds every range around an address, and no other', () => {
    const address = fc.oneof(
      fc.tuple(fc.constantFrom(203, 10), fc.nat(3), fc.nat(3), fc.nat(255)).map((parts) => parts.join('.')),
      fc
        .tuple(fc.constantFrom('2001:db8', '2400:1'), fc.nat(3), fc.nat(65_535))
        .map(([a, b, c]) => `${a}:${b.toString(16)}::${c.toString(16)}`),
    );
    const range = fc
      .tuple(address, fc.nat(128))
      .map(([text, bits]) => `${text}/${text.includes(':') ? 16 + (bits % 113) : 8 + (bits % 25)}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(address, range), { maxLength: 30 }), address, (entries, probe) => {
        const index = new ListIndex();
        const canonical = entries.map((text) => {
          const read = canonicalEntry('ip', text);
          if (!read.ok) throw new Error(`${text} ${read.message}`);
          return read.value;
        });
        for (const value of canonical) index.add('ip', value);
        const bytes = addressBytes(probe) as Uint8Array;
        const holding = [...new Set(canonical)].filter((value) => {
          const network = parseNetwork(value);
          return (
            network?.bytes.length === bytes.length && Buffer.compare(masked(bytes, network.prefix), network.bytes) === 0
          );
        });
        const ips = [list('ip', 'ip')];
        const found = index.candidates(ips, { ip: probe }).map(({ value }) => value);
        expect(found.sort()).toEqual(holding.sort());
        // Without an index, Postgres is asked about a superset of them.
        expect(allCandidates(ips, { ip: probe }).map(({ value }) => value)).toEqual(expect.arrayContaining(holding));
      }),
      { numRuns: 500 },
    );
  });

  it('looks cards up by their first 6, 7 and 8 digits, and payers by both of their names', () => {
    const index = new ListIndex();
    index.add('card_bin', '622202');
    index.add('card_bin', '62220212');
    index.add('payer', 'o-openid');
    index.add('vip', 'p1');
    const lists = [list('card_bin', 'card_bin'), list('payer', 'payer'), list('vip', 'payer')];
    const found = (values: Parameters<ListIndex['candidates']>[1]) =>
      index.candidates(lists, values).map(({ list: id, value }) => `${id}=${value}`);
    expect(found({ card_bin: '62220212' })).toEqual(['card_bin=62220212', 'card_bin=622202']);
    expect(found({ card_bin: '622202' })).toEqual(['card_bin=622202']);
    expect(found({ card_bin: '622203' })).toEqual([]);
    expect(found({ payer: ['p1', 'o-openid'] })).toEqual(['payer=o-openid', 'vip=p1']);
    expect(found({})).toEqual([]);
  });
});
