import * as z from 'zod';

/** ISO 4217 codes that we accept, with the number of digits of their minor unit. */
export const currencyExponents = { CNY: 2, HKD: 2, USD: 2, EUR: 2, GBP: 2, SGD: 2, JPY: 0 } as const;

export type Currency = keyof typeof currencyExponents;

export const currencies = Object.keys(currencyExponents) as Currency[];

export const currencySchema = z.enum(currencies as [Currency, ...Currency[]]).meta({
  description: 'ISO 4217 currency code.',
});

/** An amount of money: integer minor units (fen, cents) and its currency. Never a float, never negative. */
export type Money = { amountMinor: bigint; currency: Currency };

/** The largest amount that survives JSON numbers everywhere: 2^53 - 1 minor units. */
export const maxAmountMinor = Number.MAX_SAFE_INTEGER;

/** Amount in JSON: a positive safe integer of minor units (100 = 1.00 CNY). Strings, floats and zero are refused. */
export const amountSchema = z.int().min(1).max(maxAmountMinor).meta({
  description: 'Amount in minor units (fen for CNY): 100 means 1.00 CNY.',
  example: 1299,
});

export const sameMoney = (a: Money, b: Money): boolean => a.amountMinor === b.amountMinor && a.currency === b.currency;

/**
 * Decimal text of an amount, e.g. `{1299n, CNY}` -> `12.99`. Exact: works on digits, not on floats.
 */
export function formatMoney({ amountMinor, currency }: Money): string {
  const exponent = currencyExponents[currency];
  const negative = amountMinor < 0n;
  const digits = (negative ? -amountMinor : amountMinor).toString().padStart(exponent + 1, '0');
  const whole = exponent === 0 ? digits : digits.slice(0, -exponent);
  const fraction = exponent === 0 ? '' : `.${digits.slice(-exponent)}`;
  return `${negative ? '-' : ''}${whole}${fraction}`;
}

/**
 * Parses decimal text into minor units: `12.3` -> 1230n for CNY.
 * @returns undefined when the text is not a plain decimal or has more fraction digits than the currency.
 */
export function parseMoneyText(text: string, currency: Currency): bigint | undefined {
  const exponent = currencyExponents[currency];
  const match = /^(\d{1,16})(?:\.(\d+))?$/.exec(text);
  if (!match) return undefined;
  const fraction = match[2] ?? '';
  if (fraction.length > exponent) return undefined;
  return BigInt((match[1] ?? '') + fraction.padEnd(exponent, '0'));
}
