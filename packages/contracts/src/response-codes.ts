import * as z from 'zod';
import { objectIdSchema } from './config-kind.ts';
import { cleanText } from './text.ts';

/**
 * What a channel's response code means to us, where operations know better than the adapter's own table: one document
 * for each channel. It can only speak about answers that are no success: `declined` makes an unclear answer a definite
 * refusal, `unknown` takes a refusal back. A wrong `declined` can cost money: the payment may have been taken.
 */
export const responseCodeOverrideSchema = z.strictObject({
  /** The channel's own code, exactly. */
  code: z.string().min(1).max(64),
  meaning: cleanText(200).optional(),
  outcome: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('declined'),
      fault: z.enum(['channel', 'issuer', 'payer']),
      /** What merchants read in `failure.code`. */
      failureCode: z.enum([
        'channel_declined',
        'channel_unavailable',
        'issuer_declined',
        'payer_declined',
        'auth_code_invalid',
        'insufficient_funds',
      ]),
    }),
    z.strictObject({ kind: z.literal('unknown') }),
  ]),
});
export type ResponseCodeOverride = z.infer<typeof responseCodeOverrideSchema>;

export const responseCodesDocumentSchema = z.strictObject({
  /** The channel. */
  id: objectIdSchema,
  overrides: z
    .array(responseCodeOverrideSchema)
    .max(1_000)
    .refine((list) => new Set(list.map(({ code }) => code)).size === list.length, { error: 'holds a code twice' }),
});
export type ResponseCodesDocument = z.infer<typeof responseCodesDocumentSchema>;
