/**
 * Public statuses. A payment's finals are `succeeded`, `failed`, `closed`, `rejected`: no way out of them.
 * `processing` includes "we do not know yet": an unknown answer is never a failure.
 */
export const paymentStatuses = ['created', 'processing', 'succeeded', 'failed', 'closed', 'rejected'] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

/**
 * One try to collect a payment through one channel account.
 * - `sending`: committed before the first byte leaves; the request may or may not have reached the channel.
 * - `pending`: the channel knows the order and the payer has not paid yet.
 * - `unknown`: no readable answer; only the channel can tell.
 * - `succeeded_late`: verified success after the attempt was final as failed or closed.
 */
export const attemptStatuses = [
  'sending',
  'pending',
  'unknown',
  'succeeded',
  'failed',
  'closed',
  'succeeded_late',
] as const;
export type AttemptStatus = (typeof attemptStatuses)[number];

export const refundStatuses = ['processing', 'succeeded', 'failed'] as const;
export type RefundStatus = (typeof refundStatuses)[number];

export const isFinalPayment = (status: PaymentStatus): boolean => status !== 'created' && status !== 'processing';

export const isOpenAttempt = (status: AttemptStatus): boolean =>
  status === 'sending' || status === 'pending' || status === 'unknown';
