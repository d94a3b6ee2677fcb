import { count, declined, hour, measure, minute, moved } from '../velocity/measure.ts';

const payments = { type: 'integer', least: 0, unit: 'payments' } as const;

/**
 * What this merchant takes. Read once a second at most and shared by all payments of the merchant on a node, so they may
 * be a second old, and older for a merchant whose reading takes long (20 times as long as it took).
 */
export const merchantMeasures = [
  measure('merchant', minute, count(), {
    ...payments,
    name: 'merchantCount1m',
    description: 'Payments the merchant started in the last minute. May be a second old.',
    descriptionZh: '商户近 1 分钟笔数',
    example: 40,
  }),
  measure('merchant', 10, count(), {
    ...payments,
    name: 'merchantCount10m',
    description: 'Payments the merchant started in the last 10 minutes. May be a second old.',
    descriptionZh: '商户近 10 分钟笔数',
    example: 300,
  }),
  measure('merchant', hour, count(), {
    ...payments,
    name: 'merchantCount1h',
    description: 'Payments the merchant started in the last hour. May be a second old.',
    descriptionZh: '商户近 1 小时笔数',
    example: 1500,
  }),
  measure('merchant', 10, count(declined), {
    ...payments,
    name: 'merchantDeclines10m',
    description: 'Payments of the merchant that banks or payers declined in the last 10 minutes. May be a second old.',
    descriptionZh: '商户近 10 分钟被拒笔数',
    example: 3,
  }),
  measure('merchant', hour, moved, {
    name: 'merchantAmount1h',
    type: 'integer',
    least: 0,
    unit: 'minor units',
    description:
      'What the merchant took or is taking in the last hour, in the currency of this payment. May be a second old.',
    descriptionZh: '商户近 1 小时金额（分，同币种）',
    example: 900000,
  }),
] as const;
