import { limitDocumentSchema, limitPeriods, limitRejectCodes, limitScopes } from '@tributary/contracts/limit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periods, readLimit, rejectCodes, scopes } from './limit-document.ts';

const form = (fields: Record<string, string>) => (name: string) => fields[name] ?? '';

describe('the form of a limit', () => {
  it('knows the words of the contract', () => {
    expect([...scopes].sort()).toEqual([...limitScopes].sort());
    expect(periods).toEqual(limitPeriods);
    expect(rejectCodes).toEqual(limitRejectCodes);
  });

  it('makes only documents that the engine takes, or says which field is wrong', () => {
    const text = fc.constantFrom('', '1', '10.5', '1,000.00', '0', 'x', '-1', '3');
    fc.assert(
      fc.property(
        fc.record({
          period: fc.constantFrom(...periods),
          minAmount: text,
          maxAmount: text,
          maxCount: text,
          warnAtPercent: text,
          merchantIds: fc.constantFrom('', 'a', 'a b, a'),
          code: fc.constantFrom('', ...rejectCodes),
          messageForPayer: fc.constantFrom('', '请稍后再试'),
          shadow: fc.constantFrom('', 'on'),
          enabled: fc.constantFrom('', 'on'),
          'scope-payer': fc.constantFrom('', 'on'),
          'scope-channel': fc.constantFrom('', 'on'),
        }),
        (fields) => {
          const read = readLimit(form({ ...fields, id: 'payer-day', name: '名称' }), undefined);
          if (!read.ok) {
            expect(read.problems.length).toBeGreaterThan(0);
            return;
          }
          const parsed = limitDocumentSchema.safeParse(read.document);
          expect(parsed.error?.issues ?? []).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('takes yuan for fen and keeps what it has no field for', () => {
    const before = { id: 'a-limit', timeZone: 'Asia/Tokyo', maxCount: 3 };
    const read = readLimit(form({ name: 'n', period: 'day', maxAmount: '1,000.00' }), before);
    expect(read).toMatchObject({ ok: true, document: { id: 'a-limit', timeZone: 'Asia/Tokyo', maxAmount: 100_000 } });
    expect(read.ok && 'maxCount' in read.document).toBe(false);
  });
});
