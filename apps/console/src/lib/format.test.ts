import { currencyExponents } from '@tributary/contracts/money';
import { describe, expect, it } from 'vitest';
import { duration, exponents, money, parseYuan, timeOfDay, yuan } from './format.ts';

describe('formatting', () => {
  it('shows money exactly', () => {
    expect(money(1_234_567, 'CNY')).toBe('¥12,345.67');
    expect(money(5, 'CNY')).toBe('¥0.05');
    expect(money(0, 'CNY')).toBe('¥0.00');
    expect(money(-1200, 'CNY')).toBe('−¥12.00');
    expect(money(1500, 'JPY')).toBe('JP¥1,500');
    expect(money(9_007_199_254_740_991, 'CNY')).toBe('¥90,071,992,547,409.91');
  });
  it('knows the same currencies as the contract', () => {
    expect(exponents).toEqual(currencyExponents);
  });
  it('writes an amount back as it was read', () => {
    for (const text of ['19.99', '0.05', '700.00']) expect(yuan(parseYuan(text) ?? null)).toBe(text);
    expect(yuan(null)).toBe('');
  });
  it('reads yuan without floats and refuses what is not an amount', () => {
    expect(parseYuan('19.99')).toBe(1999);
    expect(parseYuan('12.3')).toBe(1230);
    expect(parseYuan('7')).toBe(700);
    for (const text of ['', '1.005', '-1', '1e3', '1,000', '０']) expect(parseYuan(text)).toBeUndefined();
  });
  it('says times and lengths', () => {
    expect(timeOfDay(Date.UTC(2026, 10, 23, 6, 45, 2, 7))).toBe('14:45:02.007');
    expect([0.2, 340, 1234, 12_000, 60_000, 725_000, 7_260_000].map(duration)).toEqual([
      '<1 ms',
      '340 ms',
      '1.2 s',
      '12 s',
      '1 min',
      '12 min 5 s',
      '2 h 1 min',
    ]);
  });
});
