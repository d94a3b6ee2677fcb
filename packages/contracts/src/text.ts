import * as z from 'zod';

// C0/C1 controls, lone surrogates, bidi overrides and zero-width characters: refused, because Postgres text, signatures,
// logs and people's eyes each treat them differently.
const forbiddenText = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/u;

/** Whether text is safe to store, sign, log and show: well-formed UTF-16 without invisible or control characters. */
export const isCleanText = (text: string): boolean => text.isWellFormed() && !forbiddenText.test(text);

/** Text for people, e.g. a subject. Counted in UTF-16 units like every JSON client counts. */
export const cleanText = (max: number) =>
  z.string().min(1).max(max).refine(isCleanText, { error: 'contains control, invisible or broken characters' });

/** Numbers that merchants make: what every channel accepts in an order number. */
export const merchantNumber = (max = 64) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[0-9A-Za-z_\-|*@.]+$/, { error: 'may contain only 0-9 A-Z a-z _ - | * @ .' });
