import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPaymentCache, type ReadPayment } from './payment-cache.ts';

const read = (version: number, length = 10): ReadPayment => ({
  merchantId: 'm',
  status: 's',
  version,
  etag: '',
  body: 'x'.repeat(length),
  length,
});

it('never grows over its bytes, and never puts an older version over a newer one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ id: fc.nat(8), version: fc.nat(9), length: fc.nat(2_000) }), { maxLength: 200 }),
      (puts) => {
        const cache = createPaymentCache(5_000);
        const newest = new Map<string, number>();
        for (const { id, version, length } of puts) {
          const before = cache.get(String(id))?.version ?? -1;
          cache.put(String(id), read(version, length));
          const after = cache.get(String(id))?.version ?? -1;
          if (after >= 0) expect(after).toBeGreaterThanOrEqual(Math.max(before, version));
          newest.set(String(id), version);
          expect(cache.size().bytes).toBeLessThanOrEqual(5_000);
        }
        const held = [...newest.keys()].flatMap((id) => cache.get(id) ?? []);
        expect(cache.size()).toEqual({
          entries: held.length,
          bytes: held.reduce((sum, { body }) => sum + body.length * 2 + 400, 0),
        });
      },
    ),
  );
});

it('who was not asked for the longest goes first', () => {
  const cache = createPaymentCache(3 * 420);
  for (const id of ['a', 'b', 'c']) cache.put(id, read(1));
  cache.get('a');
  cache.put('d', read(1));
  expect(['a', 'b', 'c', 'd'].map((id) => cache.get(id) !== undefined)).toEqual([true, false, true, true]);
});
