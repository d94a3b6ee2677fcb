import { defineFact } from '@tributary/rules/define-fact';

/** Counts and sums in windows that end now, this payment not included. Read only when a published rule asks for one. */
export const velocityFacts = [
  defineFact({
    name: 'payerCount10m',
    type: 'integer',
    unit: 'payments',
    description: 'Payments this payer started in the last 10 minutes.',
    descriptionZh: '付款人近 10 分钟笔数',
    example: 3,
  }),
  defineFact({
    name: 'payerFailed10m',
    type: 'integer',
    unit: 'payments',
    description: 'Payments of this payer that failed or were refused in the last 10 minutes.',
    descriptionZh: '付款人近 10 分钟失败笔数',
    example: 2,
  }),
  defineFact({
    name: 'payerCount24h',
    type: 'integer',
    unit: 'payments',
    description: 'Payments this payer started in the last 24 hours.',
    descriptionZh: '付款人近 24 小时笔数',
    example: 5,
  }),
  defineFact({
    name: 'payerAmount24h',
    type: 'integer',
    unit: 'minor units',
    description: 'What this payer paid or is paying in the last 24 hours.',
    descriptionZh: '付款人近 24 小时金额（分）',
    example: 50000,
  }),
  defineFact({
    name: 'merchantCount1m',
    type: 'integer',
    unit: 'payments',
    description: 'Payments the merchant started in the last minute.',
    descriptionZh: '商户近 1 分钟笔数',
    example: 40,
  }),
  defineFact({
    name: 'merchantAmount1h',
    type: 'integer',
    unit: 'minor units',
    description: 'What the merchant took or is taking in the last hour.',
    descriptionZh: '商户近 1 小时金额（分）',
    example: 900000,
  }),
] as const;
