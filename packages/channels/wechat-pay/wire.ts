import * as z from 'zod';

/** Amounts on the wire: integer minor units. Zero is never charged. */
const minorUnits = z.int().min(1);

/** The body of every refusal. https://pay.weixin.qq.com/doc/v3/merchant/4012556398 (错误码) */
export const errorSchema = z.object({ code: z.string().min(1), message: z.string().catch('') });

/** Replies to placing an order. https://pay.weixin.qq.com/doc/v3/merchant/4012791877 (native) */
export const nativeReplySchema = z.object({ code_url: z.string().min(1).max(512) });
export const prepayReplySchema = z.object({ prepay_id: z.string().regex(/^[\x21-\x7e]{1,128}$/) });
export const h5ReplySchema = z.object({ h5_url: z.url({ protocol: /^https?$/ }).max(1024) });

/**
 * An order as the look-up, the barcode payment and the callback tell it.
 * Only `trade_state` is always there: a barcode payment that waits for the payer answers `{"trade_state":"USERPAYING"}`.
 * https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/code-pay.html
 */
export const transactionSchema = z.object({
  trade_state: z.string().min(1),
  trade_state_desc: z.string().optional().catch(undefined),
  mchid: z.string().optional(),
  appid: z.string().optional(),
  out_trade_no: z.string().optional(),
  transaction_id: z.string().min(1).max(64).optional(),
  success_time: z.string().optional().catch(undefined),
  amount: z.object({ total: minorUnits, currency: z.string().optional() }).optional(),
});
export type Transaction = z.infer<typeof transactionSchema>;

/** Reply to a reversal. https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/reverse.html */
export const reversedSchema = z.object({ mchid: z.string(), out_trade_no: z.string() });

/**
 * A refund as reply and look-up tell it; callbacks say `refund_status` instead of `status` and leave the currency out.
 * wechatpay-java `service/refund/model/Refund.java`, `RefundNotification.java`
 */
export const refundSchema = z.object({
  refund_id: z.string().min(1).max(64),
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  status: z.string().min(1),
  amount: z.object({ refund: minorUnits, currency: z.string().optional() }),
});
export type RefundState = z.infer<typeof refundSchema>;
export const refundNotificationSchema = z
  .object({ mchid: z.string(), refund_status: z.string().min(1) })
  .and(refundSchema.omit({ status: true }));

/** Sealed data in callbacks and certificates. */
export const sealedSchema = z.object({
  algorithm: z.literal('AEAD_AES_256_GCM'),
  ciphertext: z.string().min(1),
  nonce: z.string().min(1).max(64),
  associated_data: z.string().optional().default(''),
});

/** Envelope of a callback. wechatpay-java `core/notification/Notification.java`, wechatpay-go `core/notify` */
export const notificationSchema = z.object({
  id: z.string().min(1).max(128),
  event_type: z.string(),
  resource: sealedSchema,
});

/** Platform certificates. wechatpay-java `service/certificate`, wechatpay-go `services/certificates` */
export const certificatesSchema = z.object({
  data: z
    .array(
      z.object({
        serial_no: z.string(),
        effective_time: z.string(),
        expire_time: z.string(),
        encrypt_certificate: sealedSchema,
      }),
    )
    .min(1)
    .max(100),
});
