import { type LimitDocument, limitDocumentSchema } from '@tributary/contracts/limit';
import type { ListConfig } from '@tributary/contracts/list';

/** The rules, limits and merchants of the demonstration: what a small shop chain would start with. */

export const riskRules = {
  rules: [
    {
      id: 'merchant-blocked',
      name: '商户黑名单',
      priority: 1000,
      conditions: { all: [{ fact: 'merchantBlocked', operator: 'equal', value: true }] },
      event: { type: 'reject', params: { code: 'risk_merchant_blocked' } },
    },
    {
      id: 'payer-blocked',
      name: '付款人、设备、IP、卡段或银行黑名单',
      priority: 900,
      conditions: {
        any: [
          { fact: 'payerBlocked', operator: 'equal', value: true },
          { fact: 'deviceBlocked', operator: 'equal', value: true },
          { fact: 'ipBlocked', operator: 'equal', value: true },
          { fact: 'cardBlocked', operator: 'equal', value: true },
          { fact: 'bankBlocked', operator: 'equal', value: true },
        ],
      },
      event: { type: 'reject', params: { code: 'risk_payer_blocked' } },
    },
    {
      id: 'single-limit',
      name: '单笔限额 20,000 元',
      priority: 800,
      conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value: 2_000_000 }] },
      event: { type: 'reject', params: { code: 'risk_single_limit' } },
    },
    {
      id: 'codepay-single-limit',
      name: '付款码单笔限额 1,000 元',
      priority: 790,
      conditions: {
        all: [
          { fact: 'product', operator: 'equal', value: 'codepay' },
          { fact: 'amount', operator: 'greaterThan', value: 100_000 },
        ],
      },
      event: { type: 'reject', params: { code: 'risk_single_limit' } },
    },
    {
      id: 'night-large',
      name: '夜间大额：放行并标记',
      priority: 100,
      conditions: {
        all: [
          { fact: 'hour', operator: 'lessThan', value: 6 },
          { fact: 'amount', operator: 'greaterThanInclusive', value: 500_000 },
        ],
      },
      event: { type: 'review', params: { reason: 'large at night' } },
    },
    {
      id: 'payer-repeats-declines',
      name: '付款人连续多次被拒',
      priority: 90,
      conditions: { all: [{ fact: 'payerDeclinesInRow', operator: 'greaterThanInclusive', value: 12 }] },
      event: {
        type: 'reject',
        params: { code: 'risk_rejected', message: 'too many declined payments in a row' },
      },
    },
    {
      id: 'card-testing',
      name: '疑似试卡（观察）',
      priority: 80,
      conditions: {
        any: [
          { fact: 'deviceCardTesting', operator: 'equal', value: true },
          { fact: 'ipCardTesting', operator: 'equal', value: true },
        ],
      },
      event: { type: 'reject', params: { code: 'risk_rejected', shadow: true } },
    },
    {
      id: 'device-many-payers',
      name: '一机多人（观察）',
      priority: 70,
      conditions: { all: [{ fact: 'devicePayers24h', operator: 'greaterThanInclusive', value: 20 }] },
      event: { type: 'review', params: { reason: 'many payers on one device', shadow: true } },
    },
  ],
};

/** A scanned code tells by its first digits whose it is: 聚合付款码 goes to that channel and to no other. */
const barcodeRules = (
  [
    ['wechat-pay', '微信付款码 10–15', ['10', '11', '12', '13', '14', '15']],
    ['alipay', '支付宝付款码 25–30', ['25', '26', '27', '28', '29', '30']],
    ['unionpay', '银联付款码 62', ['62']],
  ] as const
).map(([channelId, name, prefixes]) => ({
  id: `code-of-${channelId}`,
  name: `聚合付款码：${name} 以外不走该渠道`,
  priority: 200,
  conditions: {
    all: [
      { fact: 'serviceId', operator: 'equal', value: 'pos.codepay' },
      { fact: 'authCodePrefix', operator: 'notIn', value: prefixes },
    ],
  },
  event: { type: 'exclude', params: { channelId } },
}));

export const routingRules = {
  rules: [
    {
      id: 'large-to-main',
      name: '微信大额优先主账户',
      priority: 100,
      conditions: { all: [{ fact: 'amount', operator: 'greaterThanInclusive', value: 300_000 }] },
      event: { type: 'prefer', params: { accountId: 'wx-main' } },
    },
    {
      id: 'large-to-alipay-main',
      name: '支付宝大额优先主账户',
      priority: 100,
      conditions: { all: [{ fact: 'amount', operator: 'greaterThanInclusive', value: 300_000 }] },
      event: { type: 'prefer', params: { accountId: 'ali-main' } },
    },
    {
      id: 'app-not-on-reserve',
      name: 'App 支付不走备用账户',
      priority: 50,
      conditions: { all: [{ fact: 'product', operator: 'equal', value: 'app' }] },
      event: { type: 'exclude', params: { accountId: 'wx-reserve' } },
    },
    ...barcodeRules,
  ],
};

/** Lists beside the built-in ones; the recipes of docs/rules.md use them. */
export const lists: ListConfig[] = [
  { id: 'vip', name: '白名单客户', subject: 'payer', effect: 'allow', description: '老客户，小额直接放行' },
  { id: 'tills', name: '收银台设备', subject: 'device', effect: 'allow', description: '门店自己的收银设备' },
  { id: 'shared', name: '公共出口 IP', subject: 'ip', effect: 'watch', description: '办公楼、校园网、移动基站' },
];

export const limits: LimitDocument[] = [
  {
    id: 'merchant-day',
    name: '商户单日累计',
    scope: ['merchant'],
    period: 'day',
    maxAmount: 500_000_000,
  },
  {
    id: 'payer-day',
    name: '付款人单日累计',
    scope: ['merchant', 'payer'],
    period: 'day',
    maxAmount: 20_000_000,
    maxCount: 2_000,
  },
].map((limit) => limitDocumentSchema.parse({ currency: 'CNY', ...limit }));

export const merchants = [
  { id: 'mch_cafe', name: '街角咖啡 Corner Café' },
  { id: 'mch_books', name: '远山书店 Far Hills Books' },
  { id: 'mch_metro', name: 'Metro Tickets 城轨票务' },
] as const;
