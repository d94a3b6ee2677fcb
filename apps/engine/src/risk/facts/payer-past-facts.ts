import { defineFact } from '@tributary/rules/define-fact';
import { timeOfId } from '../../platform/ids.ts';

/** When this payer was here before, however long ago. Missing when the payment names no payer. */
export const payerPastFacts = [
  defineFact({
    name: 'payerFirstSeen',
    type: 'boolean',
    description: 'This payer never started a payment at this merchant before.',
    descriptionZh: '付款人首次在该商户支付',
    optional: true,
    example: true,
  }),
  defineFact({
    name: 'payerMinutesSinceLast',
    type: 'integer',
    least: 0,
    unit: 'minutes',
    description: "Whole minutes since this payer's last payment at this merchant; missing for a first one.",
    descriptionZh: '距付款人上次支付的分钟数',
    optional: true,
    example: 1440,
  }),
] as const;

/** @param lastId the payer's last payment before this one */
export const payerPastFactsOf = (lastId: string | null, at: Date): Record<string, boolean | number | undefined> =>
  lastId === null
    ? { payerFirstSeen: true }
    : {
        payerFirstSeen: false,
        payerMinutesSinceLast: Math.max(0, Math.floor((at.getTime() - timeOfId(lastId)) / 60_000)),
      };
