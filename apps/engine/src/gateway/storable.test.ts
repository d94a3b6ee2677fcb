import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storable } from './storable.ts';

describe('what comes from outside', () => {
  it('loses NUL and halves of surrogate pairs, wherever they are, and nothing else', () => {
    const raw = { code: 'A\0', 'na\ud800me': ['\udc00', 'ok', { deep: '\0\0' }], paid: 5n, none: undefined };
    expect(storable(raw)).toEqual({
      code: 'A\uFFFD',
      'na\uFFFDme': ['\uFFFD', 'ok', { deep: '\uFFFD\uFFFD' }],
      paid: 5n,
      none: undefined,
    });
    expect(storable('\ud83d\ude00 汉字')).toBe('😀 汉字');
    const date = new Date();
    expect(storable({ date }).date).toBe(date);
  });

  it('is returned itself when there is nothing to change, and is always fit for Postgres', () => {
    const anyText = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 8 });
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        anyText,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(anyText, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const stored = storable(value);
        expect(JSON.stringify(stored)).not.toMatch(/\\u0000|\\ud[89a-f][0-9a-f]{2}/);
        expect(storable(stored)).toBe(stored);
        if (!/\\u0000|\\ud[89a-f][0-9a-f]{2}/.test(JSON.stringify(value))) expect(stored).toBe(value);
      }),
    );
  });
});
