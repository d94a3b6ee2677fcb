import { count, day, declined, distinct, hour, measure } from '../velocity/measure.ts';

const payments = { type: 'integer', least: 0, unit: 'payments', optional: true } as const;

/** What this card did before, at this merchant. Missing when the payment names no card (`payer.cardId`). */
export const cardMeasures = [
  measure('card', hour, count(), {
    ...payments,
    name: 'cardCount1h',
    description: 'Payments started with this card in the last hour.',
    descriptionZh: '卡近 1 小时笔数',
    example: 2,
  }),
  measure('card', day, count(declined), {
    ...payments,
    name: 'cardDeclines24h',
    description: 'Payments with this card that the bank or the payer declined in the last 24 hours.',
    descriptionZh: '卡近 24 小时被拒笔数',
    example: 1,
  }),
  measure('card', day, distinct('payer_key'), {
    type: 'integer',
    least: 0,
    unit: 'payers',
    optional: true,
    name: 'cardPayers24h',
    description: 'Different payers who used this card in the last 24 hours, this payment not included.',
    descriptionZh: '卡近 24 小时付款人数',
    example: 1,
  }),
] as const;
