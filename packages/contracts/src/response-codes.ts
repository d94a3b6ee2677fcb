import * as z from 'zod';
import { objectIdSchema } from './config-kind.ts';
import { cleanText } from './text.ts';

/** Whose fault a refusal is. Only `channel` counts against the channel's health. */
export const faultOwners = ['channel', 'issuer', 'payer', 'merchant', 'risk'] as const;

/** Our words for a refusal by a channel: what merchants read in `failure.code`. */
export const refusalCodes = [
  'channel_declined',
  'channel_unavailable',
  'issuer_declined',
  'payer_declined',
  'auth_code_invalid',
  'insufficient_funds',
] as const;

/**
 * What a channel's response code means to us, where operations know better than the adapter's own table: one document
 * for each channel. It can only speak about answers that are no success: `declined` makes an unclear answer a definite
 * refusal, `unknown` takes a refusal back. A wrong `declined` can cost money: the payment may have been taken.
 */
export const responseCodeOverrideSchema = z.strictObject({
  /** The channel's own code, exactly. */
  code: z.string().min(1).max(64),
  /** In Chinese, for people of the house. */
  meaning: cleanText(200).optional(),
  /** In English, for people of the house and in the merchant's `failure.message`. */
  meaningEn: cleanText(200).optional(),
  /** What the payer may be told when the code ends a payment. */
  payerMessage: cleanText(200).optional(),
  /** Whether the same request may be sent once more, under its number, when its answer is unclear. */
  retrySame: z.boolean().optional(),
  outcome: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('declined'),
      fault: z.enum(faultOwners),
      /** What merchants read in `failure.code`. */
      failureCode: z.enum(refusalCodes),
      /** Whether another channel may be tried; by default when the fault is the channel's. */
      failOver: z.boolean().optional(),
    }),
    /** Whose fault it is; left out: counted against the channel, like every answer that nobody can read. */
    z.strictObject({ kind: z.literal('unknown'), fault: z.enum(faultOwners).optional() }),
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
