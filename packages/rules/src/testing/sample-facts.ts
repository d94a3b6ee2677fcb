import * as z from 'zod';
import { defineFact } from '../define-fact.ts';

/** Facts and events for tests. */
export const sampleFacts = [
  defineFact({
    name: 'amount',
    type: 'integer',
    unit: 'fen',
    description: 'Amount of the payment.',
    descriptionZh: '支付金额。',
    example: 1299,
  }),
  defineFact({
    name: 'country',
    type: 'string',
    description: 'Country code.',
    descriptionZh: '国家代码。',
    example: 'CN',
  }),
  defineFact({ name: 'night', type: 'boolean', description: 'At night.', descriptionZh: '夜间。', example: false }),
  defineFact({
    name: 'tags',
    type: 'list',
    items: 'string',
    description: 'Tags of the merchant.',
    descriptionZh: '商户标签。',
    example: ['vip'],
  }),
  defineFact({
    name: 'device',
    type: 'string',
    optional: true,
    description: 'Device id.',
    descriptionZh: '设备编号。',
    example: 'd-1',
  }),
  defineFact({
    name: 'payerCount',
    type: 'integer',
    optional: true,
    unit: 'payments',
    description: 'Payments of the payer in ten minutes.',
    descriptionZh: '付款人十分钟内的支付笔数。',
    example: 2,
  }),
] as const;

export const sampleEvents = {
  reject: z.strictObject({ code: z.string() }),
  review: z.strictObject({}),
};

export const payment = { amount: 120_000, country: 'CN', night: false, tags: ['vip', 'new'] };

/** A document with one rule per list of conditions. */
export const documentOf = (...conditions: unknown[]) => ({
  rules: conditions.map((condition, i) => ({ id: `r${i}`, conditions: condition, event: { type: 'review' } })),
});
