import * as z from 'zod';

// Control characters, invisible format characters (bidi overrides, zero-width, BOM; the joiner inside emoji is fine),
// line separators and lone surrogates: Postgres text, signatures, logs and people's eyes each treat them differently.
const forbiddenText = /(?!\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Whether text is safe to store, sign, log and show: well-formed, without invisible or control characters. */
export const isCleanText = (text: string): boolean => !forbiddenText.test(text);

/** Text for people, e.g. a subject. Counted in UTF-16 units like every JSON client counts. */
export const cleanText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine(isCleanText, { error: 'contains control, invisible or broken characters' })
    .refine((text) => text === '' || text.trim() !== '', { error: 'is blank' });

/**
 * Whether a text holds what looks like a card number: 13 to 19 digits, perhaps in groups, of a known card scheme and
 * with a right check digit (ISO/IEC 7812-1). We have no business with card numbers and must not come to store one.
 */
export function holdsCardNumber(text: string): boolean {
  for (const [run] of text.matchAll(/\d(?:[ -]?\d){12,18}/g)) {
    const digits = run.replaceAll(/\D/g, '');
    if (/^(?:4|5[1-5]|2[2-7]|3[47]|35|6(?:2|5|011))/.test(digits) && hasCheckDigit(digits)) return true;
  }
  return false;
}

/** Luhn's formula. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Text of a merchant that is kept: clean, and no card number in it. */
export const safeText = (max: number) =>
  cleanText(max).refine((text) => !holdsCardNumber(text), { error: 'must not contain a card number' });

/** Numbers that merchants make: what every channel accepts in an order number. */
export const merchantNumber = (max = 64) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[0-9A-Za-z_\-|*@.]+$/, { error: 'may contain only 0-9 A-Z a-z _ - | * @ .' });
