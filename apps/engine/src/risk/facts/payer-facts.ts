import { count, day, declined, distinct, hour, measure, moved } from '../velocity/measure.ts';

const payments = { type: 'integer', least: 0, unit: 'payments', optional: true } as const;
const money = { type: 'integer', least: 0, unit: 'minor units', optional: true } as const;

/** What this payer did before, at this merchant. Missing when the payment names no payer. */
export const payerMeasures = [
  measure('payer', 10, count(), {
    ...payments,
    name: 'payerCount10m',
    description: 'Payments this payer started in the last 10 minutes.',
    descriptionZh: '付款人近 10 分钟笔数',
    example: 3,
  }),
  measure('payer', hour, count(), {
    ...payments,
    name: 'payerCount1h',
    description: 'Payments this payer started in the last hour.',
    descriptionZh: '付款人近 1 小时笔数',
    example: 4,
  }),
  measure('payer', day, count(), {
    ...payments,
    name: 'payerCount24h',
    description: 'Payments this payer started in the last 24 hours.',
    descriptionZh: '付款人近 24 小时笔数',
    example: 5,
  }),
  measure('payer', 10, count(`status IN ('failed', 'rejected')`), {
    ...payments,
    name: 'payerFailed10m',
    description: 'Payments of this payer that failed or were refused in the last 10 minutes.',
    descriptionZh: '付款人近 10 分钟失败笔数',
    example: 2,
  }),
  measure('payer', hour, moved, {
    ...money,
    name: 'payerAmount1h',
    description: 'What this payer paid or is paying in the last hour, in the currency of this payment.',
    descriptionZh: '付款人近 1 小时金额（分，同币种）',
    example: 20000,
  }),
  measure('payer', day, moved, {
    ...money,
    name: 'payerAmount24h',
    description: 'What this payer paid or is paying in the last 24 hours, in the currency of this payment.',
    descriptionZh: '付款人近 24 小时金额（分，同币种）',
    example: 50000,
  }),
  measure('payer', hour, count('amount = :amount AND currency = :currency'), {
    ...payments,
    name: 'payerSameAmount1h',
    description: 'Payments of exactly this amount that this payer started in the last hour.',
    descriptionZh: '付款人近 1 小时同金额笔数',
    example: 3,
  }),
  measure(
    'payer',
    day,
    (inWindow) =>
      `(count(*) FILTER (WHERE ${inWindow} AND ${declined} AND id > coalesce((SELECT max(id) FROM payer_rows WHERE status = 'succeeded'), '')))::int`,
    {
      ...payments,
      name: 'payerDeclinesInRow',
      description:
        "Declined payments of this payer in the last 24 hours since the last one that succeeded. The payer's bank or the payer said no; our own refusals and faults of channels do not count.",
      descriptionZh: '付款人连续被拒笔数（近 24 小时，自最近一次成功起）',
      example: 4,
    },
  ),
  measure('payer', day, distinct('device'), {
    type: 'integer',
    least: 0,
    unit: 'devices',
    optional: true,
    name: 'payerDevices24h',
    description: 'Different devices this payer used in the last 24 hours, this payment not included.',
    descriptionZh: '付款人近 24 小时使用的设备数',
    example: 2,
  }),
  measure('payer', day, distinct('ip'), {
    type: 'integer',
    least: 0,
    unit: 'addresses',
    optional: true,
    name: 'payerIps24h',
    description: 'Different IP addresses this payer used in the last 24 hours, this payment not included.',
    descriptionZh: '付款人近 24 小时使用的 IP 数',
    example: 2,
  }),
  measure('payer', day, distinct('card'), {
    type: 'integer',
    least: 0,
    unit: 'cards',
    optional: true,
    name: 'payerCards24h',
    description: 'Different cards this payer used in the last 24 hours, this payment not included.',
    descriptionZh: '付款人近 24 小时使用的卡数',
    example: 1,
  }),
] as const;
