import type { Payment, Refund } from '@tributary/contracts/payment';
import type { PaymentState, RefundState } from './aggregate.ts';

/** A payment as merchants see it. */
export function viewPayment(payment: PaymentState): Payment {
  return {
    id: payment.id,
    merchantOrderNo: payment.merchantOrderNo,
    serviceId: payment.serviceId,
    status: payment.status,
    amount: Number(payment.amount),
    currency: payment.currency,
    subject: payment.subject,
    refundedAmount: Number(payment.refundedAmount),
    channel: payment.channelId,
    channelTxn: payment.channelTxn,
    ...(payment.credential ? { credential: payment.credential } : {}),
    ...(payment.failureCode
      ? {
          failure: {
            code: payment.failureCode,
            message: payment.failureMessage ?? '',
            ...(payment.payerMessage ? { payerMessage: payment.payerMessage } : {}),
          },
        }
      : {}),
    ...(payment.metadata ? { metadata: payment.metadata } : {}),
    createdAt: payment.createdAt.toISOString(),
    expiresAt: payment.expiresAt.toISOString(),
    succeededAt: payment.succeededAt?.toISOString() ?? null,
    updatedAt: payment.updatedAt.toISOString(),
  };
}

/** A refund as merchants see it. */
export function viewRefund(paymentId: string, refund: RefundState): Refund {
  return {
    id: refund.id,
    paymentId,
    merchantRefundNo: refund.merchantRefundNo,
    status: refund.status,
    amount: Number(refund.amount),
    currency: refund.currency,
    reason: refund.reason,
    ...(refund.failureCode ? { failure: { code: refund.failureCode, message: refund.failureMessage ?? '' } } : {}),
    createdAt: refund.createdAt.toISOString(),
    succeededAt: refund.succeededAt?.toISOString() ?? null,
    updatedAt: refund.updatedAt.toISOString(),
  };
}
