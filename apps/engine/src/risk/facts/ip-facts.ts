import { cardTesting, count, day, declined, distinct, hour, measure } from '../velocity/measure.ts';

const payments = { type: 'integer', least: 0, unit: 'payments', optional: true } as const;

/** What came from this address before, at any merchant. Missing when the payment names no address. */
export const ipMeasures = [
  measure('ip', 10, count(), {
    ...payments,
    name: 'ipCount10m',
    description: 'Payments started from this IP address in the last 10 minutes, at all merchants.',
    descriptionZh: 'IP 近 10 分钟笔数（全部商户）',
    example: 3,
  }),
  measure('ip', hour, count(), {
    ...payments,
    name: 'ipCount1h',
    description: 'Payments started from this IP address in the last hour, at all merchants.',
    descriptionZh: 'IP 近 1 小时笔数（全部商户）',
    example: 6,
  }),
  measure('ip', day, distinct(`CASE WHEN payer_key IS NOT NULL THEN merchant_id || E'\\n' || payer_key END`), {
    type: 'integer',
    least: 0,
    unit: 'payers',
    optional: true,
    name: 'ipPayers24h',
    description:
      'Different payers at this IP address in the last 24 hours, this payment not included. The same id at two merchants counts as two.',
    descriptionZh: 'IP 近 24 小时付款人数（全部商户）',
    example: 2,
  }),
  measure('ip', day, distinct('card'), {
    type: 'integer',
    least: 0,
    unit: 'cards',
    optional: true,
    name: 'ipCards24h',
    description: 'Different cards used from this IP address in the last 24 hours, this payment not included.',
    descriptionZh: 'IP 近 24 小时卡数（全部商户）',
    example: 2,
  }),
  measure('ip', hour, distinct('bin'), {
    type: 'integer',
    least: 0,
    unit: 'card BINs',
    optional: true,
    name: 'ipBins1h',
    description: 'Different card BINs used from this IP address in the last hour, this payment not included.',
    descriptionZh: 'IP 近 1 小时卡 BIN 数（全部商户）',
    example: 1,
  }),
  measure('ip', hour, count(declined), {
    ...payments,
    name: 'ipDeclines1h',
    description: 'Payments from this IP address that the bank or the payer declined in the last hour.',
    descriptionZh: 'IP 近 1 小时被拒笔数（全部商户）',
    example: 2,
  }),
  measure('ip', 10, cardTesting, {
    type: 'boolean',
    optional: true,
    name: 'ipCardTesting',
    description:
      'Somebody seems to try cards from this IP address: in the last 10 minutes at least 5 payments of up to 10.00, at least 3 of them declined.',
    descriptionZh: 'IP 疑似试卡（近 10 分钟小额 ≥ 5 笔且其中被拒 ≥ 3 笔）',
    example: false,
  }),
] as const;
