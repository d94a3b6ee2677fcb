import { cardTesting, count, day, declined, distinct, hour, measure } from '../velocity/measure.ts';

const payments = { type: 'integer', least: 0, unit: 'payments', optional: true } as const;

/** What happened on this device before, at this merchant. Missing when the payment names no device. */
export const deviceMeasures = [
  measure('device', 10, count(), {
    ...payments,
    name: 'deviceCount10m',
    description: 'Payments started on this device in the last 10 minutes.',
    descriptionZh: '设备近 10 分钟笔数',
    example: 3,
  }),
  measure('device', day, count(), {
    ...payments,
    name: 'deviceCount24h',
    description: 'Payments started on this device in the last 24 hours.',
    descriptionZh: '设备近 24 小时笔数',
    example: 8,
  }),
  measure('device', day, distinct('payer_key'), {
    type: 'integer',
    least: 0,
    unit: 'payers',
    optional: true,
    name: 'devicePayers24h',
    description: 'Different payers on this device in the last 24 hours, this payment not included.',
    descriptionZh: '设备近 24 小时付款人数',
    example: 1,
  }),
  measure('device', day, distinct('card'), {
    type: 'integer',
    least: 0,
    unit: 'cards',
    optional: true,
    name: 'deviceCards24h',
    description: 'Different cards on this device in the last 24 hours, this payment not included.',
    descriptionZh: '设备近 24 小时卡数',
    example: 1,
  }),
  measure('device', hour, count(declined), {
    ...payments,
    name: 'deviceDeclines1h',
    description: 'Payments on this device that the bank or the payer declined in the last hour.',
    descriptionZh: '设备近 1 小时被拒笔数',
    example: 2,
  }),
  measure('device', 10, cardTesting, {
    type: 'boolean',
    optional: true,
    name: 'deviceCardTesting',
    description:
      'Somebody seems to try cards on this device: in the last 10 minutes at least 5 payments of up to 10.00, at least 3 of them declined.',
    descriptionZh: '设备疑似试卡（近 10 分钟小额 ≥ 5 笔且其中被拒 ≥ 3 笔）',
    example: false,
  }),
] as const;
