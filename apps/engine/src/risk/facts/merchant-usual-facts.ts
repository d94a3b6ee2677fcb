import { defineFact } from '@tributary/rules/define-fact';

const ofUsual = { type: 'integer', least: 0, unit: 'percent', optional: true } as const;
const over =
  "Over the successes among the merchant's latest 10,000 payments of the last 30 days in this currency; exact over those, up to 10 minutes old, missing below 30 successes.";

/**
 * This amount against what the merchant usually takes. Of few payments a P95 is a rough guide: the standard error of its
 * rank is 4 percentiles at 30 payments and 0.2 at 10,000.
 */
export const merchantUsualFacts = [
  defineFact({
    ...ofUsual,
    name: 'amountToMerchantP95',
    description: `This amount in percent of the amount that 95 of 100 payments of the merchant do not exceed. ${over}`,
    descriptionZh: '金额相对商户 P95 的百分比（近 30 天成功交易，约值）',
    example: 180,
  }),
  defineFact({
    ...ofUsual,
    name: 'amountToMerchantMedian',
    description: `This amount in percent of the median of the merchant's payments. ${over}`,
    descriptionZh: '金额相对商户中位数的百分比（近 30 天成功交易，约值）',
    example: 400,
  }),
] as const;

/** A merchant's successful amounts, in minor units. */
export type UsualAmounts = { successes: number; p95: number; median: number };

const enough = 30;

export function usualFactsOf(amount: number, usual: UsualAmounts): Record<string, number | undefined> {
  if (usual.successes < enough) return {};
  return {
    amountToMerchantP95: Math.round((amount / usual.p95) * 100),
    amountToMerchantMedian: Math.round((amount / usual.median) * 100),
  };
}
