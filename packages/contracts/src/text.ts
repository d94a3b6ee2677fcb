import * as z from 'zod';

// Control characters, invisible format characters (bidi overrides, zero-width, BOM; the joiner inside emoji is fine),
// line separators and lone surrogates: Postgres text, signatures, logs and people's eyes each treat them differently.
const forbiddenText = /(?!\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Whether text is safe to store, sign, log and show: well-formed, without invisible or control characters. */
export const isCleanText = (text: string): boolean => !forbiddenText.test(text);

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
