import * as z from 'zod';
import { amountSchema, currencySchema } from './money.ts';
import { attemptStatuses, paymentStatuses, refundStatuses } from './payment-status.ts';
import { cleanText, merchantNumber, safeText } from './text.ts';

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
  deviceId: cleanText(64).optional().meta({ description: "The payer's device, as you recognise it." }),
  cardBin: z
    .string()
    .regex(/^\d{6,8}$/, { error: 'is not the first 6 to 8 digits of a card' })
    .optional()
    .meta({ description: "The first 6 to 8 digits of the payer's card. Never more." }),
  cardId: cleanText(64)
    // A whole card number must not end up here: it would be stored.
    .refine((text) => !/^[\d -]{12,}$/.test(text), { error: 'must not be a card number' })
    .optional()
    .meta({ description: "The payer's card as you recognise it: a token or fingerprint, never its number." }),
  bank: z
    .string()
    .regex(/^[0-9A-Za-z]{2,16}$/, { error: 'is not a bank code' })
    .optional()
    .meta({ description: "The code of the payer's bank, e.g. `ICBC`." }),
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
  .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,39}$/, { error: 'is not a metadata key' }), safeText(500))
  .refine((entries) => Object.keys(entries).length <= 20, { error: 'has more than 20 keys' });

export const createPaymentSchema = z.strictObject({
  merchantOrderNo: merchantNumber().meta({
    description: 'Your order number. Unique per merchant, for ever.',
    example: 'A20261123-0001',
  }),
  serviceId: serviceIdSchema.meta({
    description: 'Which of your services takes the payment.',
    example: 'wechat.native',
  }),
  amount: amountSchema,
  currency: currencySchema.meta({ example: 'CNY' }),
  subject: safeText(127).meta({ description: 'What is being paid for; shown to the payer.', example: 'Flat white' }),
  payer: payerSchema.optional().meta({ description: 'What you know of the payer; risk control uses it.' }),
  notifyUrl: httpUrl.optional().meta({ description: 'Where webhooks about this payment go.' }),
  returnUrl: httpUrl.optional().meta({ description: 'Where the payer returns to (H5 services).' }),
  expiresInSeconds: z
    .int()
    .min(60)
    .max(86_400)
    .optional()
    .meta({ description: 'How long the payer may take; default by service.' }),
  metadata: metadataSchema.optional().meta({ description: 'Up to 20 texts of your own, given back with the payment.' }),
});
export type CreatePayment = z.infer<typeof createPaymentSchema>;

/** What the payer (or the merchant's app) needs to go on. */
export const credentialSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('qr'), url: z.string().meta({ description: 'Content of the QR code to show.' }) }),
  z.object({
    type: z.literal('redirect'),
    url: z.string().meta({ description: 'Where to send the payer.' }),
  }),
  z.object({
    type: z.literal('form'),
    url: z.string().meta({ description: "Where the payer's browser posts the fields." }),
    fields: z.record(z.string(), z.string()).meta({ description: 'Fields of the form, to be posted as they are.' }),
  }),
  z.object({
    type: z.literal('jsapi'),
    parameters: z.record(z.string(), z.string()).meta({ description: 'To be handed to the payment API of the page.' }),
  }),
  z.object({
    type: z.literal('app'),
    parameters: z.record(z.string(), z.string()).meta({ description: 'To be handed to the payment SDK of the app.' }),
  }),
]);
export type Credential = z.infer<typeof credentialSchema>;

export const failureSchema = z.object({
  code: z.string().meta({ description: 'Stable; see the list of failure codes.' }),
  message: z.string().meta({ description: 'For people.' }),
  payerMessage: z
    .string()
    .optional()
    .meta({ description: 'What the payer may be told, when there is something to tell.' }),
});

export const paymentSchema = z.object({
  id: paymentIdSchema.meta({ description: 'Our id of the payment.' }),
  merchantOrderNo: z.string().meta({ description: 'Your order number.' }),
  serviceId: z.string().meta({ description: 'The service that takes it.' }),
  status: z.enum(paymentStatuses).meta({
    description:
      '`succeeded`, `failed`, `closed` and `rejected` are final. `processing`: the payer has to act, or we do not know yet. `created`: held for a review, nothing was sent yet.',
  }),
  amount: z.int().meta({ description: 'Amount in minor units.' }),
  currency: currencySchema,
  subject: z.string().meta({ description: 'What is being paid for.' }),
  refundedAmount: z.int().meta({ description: 'Minor units refunded or being refunded.' }),
  channel: z.string().nullable().meta({ description: 'The channel that took (or is trying to take) the payment.' }),
  channelTxn: z.string().nullable().meta({ description: "The channel's own transaction number, once paid." }),
  credential: credentialSchema
    .optional()
    .meta({ description: 'What the payer needs to go on; there while the payment is open.' }),
  failure: failureSchema.optional().meta({ description: 'Why it did not succeed.' }),
  metadata: z.record(z.string(), z.string()).optional().meta({ description: 'As you gave it.' }),
  createdAt: z.iso.datetime().meta({ description: 'When we took it, UTC.' }),
  expiresAt: z.iso.datetime().meta({ description: 'Until when the payer may pay, UTC.' }),
  succeededAt: z.iso.datetime().nullable().meta({ description: 'When it was paid, UTC.' }),
  updatedAt: z.iso.datetime().meta({ description: 'When it last changed, UTC.' }),
});
export type Payment = z.infer<typeof paymentSchema>;

export const createRefundSchema = z.strictObject({
  merchantRefundNo: merchantNumber().meta({
    description: 'Your refund number. Unique per merchant, for ever.',
    example: 'R20261123-0001',
  }),
  amount: amountSchema,
  reason: safeText(80).optional().meta({ description: 'Shown to the payer where the channel can.' }),
});
export type CreateRefund = z.infer<typeof createRefundSchema>;

export const refundSchema = z.object({
  id: refundIdSchema.meta({ description: 'Our id of the refund.' }),
  paymentId: paymentIdSchema.meta({ description: 'The payment it gives back.' }),
  merchantRefundNo: z.string().meta({ description: 'Your refund number.' }),
  status: z.enum(refundStatuses).meta({ description: '`succeeded` and `failed` are final.' }),
  amount: z.int().meta({ description: 'Amount in minor units.' }),
  currency: currencySchema,
  reason: z.string().nullable().meta({ description: 'The reason you gave.' }),
  failure: failureSchema.optional().meta({ description: 'Why it did not succeed.' }),
  createdAt: z.iso.datetime().meta({ description: 'When we took it, UTC.' }),
  succeededAt: z.iso.datetime().nullable().meta({ description: 'When the channel paid it back, UTC.' }),
  updatedAt: z.iso.datetime().meta({ description: 'When it last changed, UTC.' }),
});
export type Refund = z.infer<typeof refundSchema>;

export const listPaymentsSchema = z.strictObject({
  merchantOrderNo: merchantNumber().optional().meta({ description: 'Only the payment with this order number.' }),
  status: z.enum(paymentStatuses).optional().meta({ description: 'Only payments in this status.' }),
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'Created at or after, ISO 8601.' }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'Created before, ISO 8601.' }),
  cursor: paymentIdSchema.optional().meta({ description: '`nextCursor` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Most payments on a page.' }),
});

export const findPaymentSchema = z.strictObject({
  sync: z.enum(['true', 'false']).default('false').meta({
    description:
      '`true`: a worker asks the channel soon, at most every 5 seconds for one payment; the answer does not wait for it. Its header `Sync` says `asked`, `too_soon` or `not_open`.',
  }),
});

/** Any number that a merchant's events may have, and 0 for "from the first". */
const eventNumber = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const listEventsSchema = z.strictObject({
  after: eventNumber.default(0).meta({ description: 'Events with a greater `sequence`: the last one you have seen.' }),
  limit: z.coerce.number().int().min(1).max(500).default(100).meta({ description: 'Most events on a page.' }),
});

export const paymentListSchema = z.object({
  data: z.array(paymentSchema).meta({ description: 'Newest first.' }),
  nextCursor: z.string().nullable().meta({ description: 'For the next page; null on the last.' }),
});

export const problemSchema = z.object({
  type: z.string().meta({ description: 'Where the code is explained.' }),
  title: z.string().meta({ description: 'The code in words; the same every time.' }),
  status: z.int().meta({ description: 'The HTTP status.' }),
  code: z.string().meta({ description: 'Stable; decide by this.' }),
  detail: z.string().meta({ description: 'What was wrong this time, for a developer.' }),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: 'Every wrong field, by its path.' }),
  requestId: z.string().meta({ description: 'Quote it when you ask for help.' }),
});
export type Problem = z.infer<typeof problemSchema>;

export const attemptStatusSchema = z.enum(attemptStatuses);
