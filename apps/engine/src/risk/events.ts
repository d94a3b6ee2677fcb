import * as z from 'zod';

const rejectCodes = ['risk_merchant_blocked', 'risk_payer_blocked', 'risk_single_limit', 'risk_rejected'] as const;

/** What a risk rule may do when it fires. */
export const riskEvents = {
  /** Refuses the payment; `code` is what the merchant reads. */
  reject: z.strictObject({ code: z.enum(rejectCodes).optional(), message: z.string().max(200).optional() }),
  /** Lets it through, marked for a person to look at. */
  review: z.strictObject({ reason: z.string().max(200).optional() }),
  /** Lets it through whatever lower rules say: for the merchant's own tests, trusted payers and the like. */
  approve: z.strictObject({ reason: z.string().max(200).optional() }),
  /** Only recorded: to watch a rule before it bites. */
  flag: z.strictObject({ tag: z.string().min(1).max(64) }),
} as const;
