import * as z from 'zod';

/** What every answering member says. `10000` is done, `10003` waits for the payer, `20000` unknown, `4xxxx` refused. */
export const verdictSchema = z.object({
  code: z.string().regex(/^\d{5}$/),
  msg: z.string().catch(''),
  sub_code: z.string().optional().catch(undefined),
  sub_msg: z.string().optional().catch(undefined),
});
export type AnswerVerdict = z.infer<typeof verdictSchema>;

export const precreatedSchema = z.object({ out_trade_no: z.string(), qr_code: z.string().min(1).max(1024) });
export const createdSchema = z.object({ out_trade_no: z.string(), trade_no: z.string().min(1).max(64) });

/** A charge by barcode, and the look-up of any order. Amounts are decimal texts in yuan. */
export const tradeSchema = z.object({
  out_trade_no: z.string(),
  trade_no: z.string().min(1).max(64).optional(),
  trade_status: z.string().optional(),
  total_amount: z.string().optional(),
  trans_currency: z.string().optional(),
  gmt_payment: z.string().optional().catch(undefined),
  /** When the money went to the seller: there only when it did. */
  send_pay_date: z.string().optional().catch(undefined),
});

/** Of a close or a cancel. `retry_flag` Y: the cancel was not carried out, ask again. `action`: `close` (unpaid) or `refund` (paid back). */
export const cancelledSchema = z.object({
  out_trade_no: z.string().optional(),
  retry_flag: z.string().optional(),
  action: z.string().optional(),
});

export const refundedSchema = z.object({
  out_trade_no: z.string(),
  trade_no: z.string().min(1).max(64).optional(),
  /** Whether this very request moved money. N for a repeated one, and while the refund is on its way. */
  fund_change: z.enum(['Y', 'N']).optional(),
});

/** Without `refund_status` the refund does not exist (yet). */
export const refundQuerySchema = z.object({
  out_trade_no: z.string().optional(),
  out_request_no: z.string().optional(),
  refund_amount: z.string().optional(),
  refund_status: z.string().optional(),
});

/** A callback's fields, decoded. https://opendocs.alipay.com/open/194/103296 (异步通知参数) */
export const notifySchema = z.object({
  notify_id: z.string().min(1).max(128),
  app_id: z.string(),
  seller_id: z.string().optional(),
  out_trade_no: z.string(),
  trade_no: z.string().min(1).max(64).optional(),
  trade_status: z.string(),
  total_amount: z.string().optional(),
  trans_currency: z.string().optional(),
  gmt_payment: z.string().optional(),
  refund_fee: z.string().optional(),
  gmt_refund: z.string().optional(),
});
