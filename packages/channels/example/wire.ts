import * as z from 'zod';

const minorUnits = z.int().min(1);

/** The body of every refusal. */
export const errorSchema = z.object({ code: z.string().min(1).max(64), message: z.string().catch('') });

/** An order, in answers and in callbacks alike. Amounts in minor units. */
export const orderSchema = z.object({
  merchantNo: z.string(),
  orderNo: z.string(),
  tradeNo: z.string().min(1).max(64),
  state: z.string(),
  amount: minorUnits,
  currency: z.string(),
  /** What the QR code holds, or where the payer's browser goes. */
  payUrl: z.string().min(1).max(1024).optional(),
  paidAt: z.iso.datetime({ offset: true }).optional(),
  failCode: z.string().max(64).optional(),
});
export type Order = z.infer<typeof orderSchema>;

export const refundSchema = z.object({
  merchantNo: z.string(),
  orderNo: z.string(),
  refundNo: z.string(),
  refundTradeNo: z.string().min(1).max(64),
  state: z.string(),
  amount: minorUnits,
  currency: z.string(),
});
export type Refund = z.infer<typeof refundSchema>;

/** A callback: what happened to one order or one refund. */
export const callbackSchema = z.discriminatedUnion('type', [
  z.object({ id: z.string().min(1).max(128), type: z.literal('order'), order: orderSchema }),
  z.object({ id: z.string().min(1).max(128), type: z.literal('refund'), refund: refundSchema }),
]);
