import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';

const rejectCodes = ['risk_merchant_blocked', 'risk_payer_blocked', 'risk_single_limit', 'risk_rejected'] as const;

const shadow = z.boolean().optional().meta({
  description: 'Only recorded: what the rule would have done is kept with the decision, and nothing is done.',
});

/** What a risk rule may do when it fires. */
export const riskEvents = {
  /** Refuses the payment; `code` and the messages are what the merchant reads. `message` is the merchant's, shortly. */
  reject: z.strictObject({
    code: z.enum(rejectCodes).optional(),
    message: z.string().max(200).optional(),
    messageForMerchant: cleanText(200).optional(),
    messageForPayer: cleanText(200).optional(),
    shadow,
  }),
  /** Marks it for a person to look at: let through, or with `hold` kept here until the person has decided. */
  review: z.strictObject({ reason: z.string().max(200).optional(), hold: z.boolean().optional(), shadow }),
  /** Lets it through whatever lower rules say: for the merchant's own tests, trusted payers and the like. */
  approve: z.strictObject({ reason: z.string().max(200).optional(), shadow }),
  /** Only recorded. */
  flag: z.strictObject({ tag: z.string().min(1).max(64) }),
} as const;
