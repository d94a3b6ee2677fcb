import * as z from 'zod';
import { amountSchema, currencySchema } from './money.ts';
import { attemptStatuses, paymentStatuses, refundStatuses } from './payment-status.ts';
import { cleanText, merchantNumber } from './text.ts';

export const paymentIdSchema = z.string().regex(/^pay_[0-9A-HJKMNP-TV-Z]{26}$/, { error: 'is not a payment id' });
export const refundIdSchema = z.string().regex(/^rfd_[0-9A-HJKMNP-TV-Z]{26}$/, { error: 'is not a refund id' });
export const serviceIdSchema = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/, { error: 'is not a service id' });

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'is not an http(s) URL' })
  .max(512)
  .refine((url) => !/^https?:\/\/[^/]*@/i.test(url), { error: 'must not contain credentials' });

/** What we may know of the payer. Everything is optional; services say what they need (e.g. `openId` for JSAPI). */
export const payerSchema = z.strictObject({
  id: cleanText(64).optional().meta({ description: "The payer's id at the merchant." }),
  ip: z.union([z.ipv4(), z.ipv6()]).optional().meta({ description: "The payer's IP address." }),
  deviceId: cleanText(64).optional(),
  authCode: z
    .string()
    .regex(/^\d{16,24}$/, { error: 'is not a payment code' })
    .optional()
    .meta({
      description: 'The number of the code that the payer shows (barcode services).',
    }),
  openId: z
    .string()
    .regex(/^[0-9A-Za-z_-]{1,128}$/, { error: 'is not an open id' })
    .optional()
    .meta({
      description: "The payer's id at the channel (JSAPI services).",
    }),
});

const metadataSchema = z
  .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,39}$/, { error: 'is not a metadata key' }), cleanText(500))
  .refine((entries) => Object.keys(entries).length <= 20, { error: 'has more than 20 keys' });

export const createPaymentSchema = z.strictObject({
  merchantOrderNo: merchantNumber().meta({
    description: 'Your order number. Unique per merchant, for ever.',
    example: 'A20261123-0001',
  }),
  serviceId: serviceIdSchema.meta({ example: 'wechat.native' }),
  amount: amountSchema,
  currency: currencySchema.meta({ example: 'CNY' }),
  subject: cleanText(127).meta({ description: 'What is being paid for; shown to the payer.', example: 'Flat white' }),
  payer: payerSchema.optional(),
  notifyUrl: httpUrl.optional().meta({ description: 'Where webhooks about this payment go.' }),
  returnUrl: httpUrl.optional().meta({ description: 'Where the payer returns to (H5 services).' }),
  expiresInSeconds: z
    .int()
    .min(60)
    .max(86_400)
    .optional()
    .meta({ description: 'How long the payer may take; default by service.' }),
  metadata: metadataSchema.optional(),
});
export type CreatePayment = z.infer<typeof createPaymentSchema>;

/** What the payer (or the merchant's app) needs to go on. */
export const credentialSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('qr'), url: z.string().meta({ description: 'Content of the QR code to show.' }) }),
  z.object({ type: z.literal('redirect'), url: z.string() }),
  z.object({ type: z.literal('jsapi'), parameters: z.record(z.string(), z.string()) }),
  z.object({ type: z.literal('app'), parameters: z.record(z.string(), z.string()) }),
]);
export type Credential = z.infer<typeof credentialSchema>;

export const failureSchema = z.object({ code: z.string(), message: z.string() });

export const paymentSchema = z.object({
  id: paymentIdSchema,
  merchantOrderNo: z.string(),
  serviceId: z.string(),
  status: z.enum(paymentStatuses),
  amount: z.int(),
  currency: currencySchema,
  subject: z.string(),
  refundedAmount: z.int().meta({ description: 'Minor units refunded or being refunded.' }),
  channel: z.string().nullable().meta({ description: 'The channel that took (or is trying to take) the payment.' }),
  channelTxn: z.string().nullable().meta({ description: "The channel's own transaction number, once paid." }),
  credential: credentialSchema.optional(),
  failure: failureSchema.optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  succeededAt: z.iso.datetime().nullable(),
  updatedAt: z.iso.datetime(),
});
export type Payment = z.infer<typeof paymentSchema>;

export const createRefundSchema = z.strictObject({
  merchantRefundNo: merchantNumber(),
  amount: amountSchema,
  reason: cleanText(80).optional(),
});
export type CreateRefund = z.infer<typeof createRefundSchema>;

export const refundSchema = z.object({
  id: refundIdSchema,
  paymentId: paymentIdSchema,
  merchantRefundNo: z.string(),
  status: z.enum(refundStatuses),
  amount: z.int(),
  currency: currencySchema,
  reason: z.string().nullable(),
  failure: failureSchema.optional(),
  createdAt: z.iso.datetime(),
  succeededAt: z.iso.datetime().nullable(),
  updatedAt: z.iso.datetime(),
});
export type Refund = z.infer<typeof refundSchema>;

export const listPaymentsSchema = z.strictObject({
  merchantOrderNo: merchantNumber().optional(),
  status: z.enum(paymentStatuses).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  cursor: z
    .string()
    .max(64)
    .regex(/^[0-9A-Za-z_-]+$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

export const paymentListSchema = z.object({ data: z.array(paymentSchema), nextCursor: z.string().nullable() });

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  requestId: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

export const attemptStatusSchema = z.enum(attemptStatuses);
