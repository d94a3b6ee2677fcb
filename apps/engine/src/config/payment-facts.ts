import { defineFact } from '@tributary/rules/define-fact';

/** What a payment request itself says: facts that risk and routing rules share. */
export const paymentFacts = [
  defineFact({
    name: 'amount',
    type: 'integer',
    unit: 'minor units',
    description: 'Amount of the payment.',
    descriptionZh: '支付金额（分）',
    example: 120000,
  }),
  defineFact({
    name: 'currency',
    type: 'string',
    description: 'ISO 4217 code.',
    descriptionZh: '币种',
    example: 'CNY',
  }),
  defineFact({
    name: 'serviceId',
    type: 'string',
    description: 'The service that was asked for.',
    descriptionZh: '服务标识',
    example: 'wechat.native',
  }),
  defineFact({
    name: 'product',
    type: 'string',
    description: 'The product behind the service.',
    descriptionZh: '支付产品',
    example: 'native',
  }),
  defineFact({
    name: 'merchantId',
    type: 'string',
    description: 'The merchant.',
    descriptionZh: '商户号',
    example: 'mch_cafe',
  }),
  defineFact({
    name: 'payerId',
    type: 'string',
    description: "The payer's id at the merchant.",
    descriptionZh: '付款人标识',
    optional: true,
    example: 'payer-7',
  }),
  defineFact({
    name: 'hour',
    type: 'integer',
    unit: 'hour',
    description: "Hour of the day in the merchant's time zone, 0 to 23.",
    descriptionZh: '商户时区的小时（0–23）',
    example: 14,
  }),
  defineFact({
    name: 'weekday',
    type: 'integer',
    description: "Day of the week in the merchant's time zone, 1 is Monday.",
    descriptionZh: '商户时区的星期（1 为周一）',
    example: 1,
  }),
] as const;
