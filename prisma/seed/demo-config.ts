import { type ChannelDocument, channelParamsSchema } from '@tributary/contracts/channel-config';
import { type LimitDocument, limitDocumentSchema } from '@tributary/contracts/limit';
import type { ListConfig } from '@tributary/contracts/list';
import type { ServiceConfig } from '@tributary/contracts/service-config';

/** The configuration of the demonstration: what a small shop chain on WeChat Pay would start with. */

const names = {
  native: '微信扫码 Native',
  jsapi: '微信公众号 JSAPI',
  h5: '微信 H5',
  app: '微信 App',
  codepay: '微信付款码',
};

const patient = {
  firstSeconds: 10,
  steps: [{ everySeconds: 5, times: 10 }],
  backoff: { baseSeconds: 30, maxSeconds: 600 },
};
// A payer stands at the till: asked every few seconds, then given up (reversed) soon.
const atTheTill = {
  firstSeconds: 3,
  steps: [
    { everySeconds: 3, times: 1 },
    { everySeconds: 5, times: 8 },
  ],
  backoff: { baseSeconds: 10, maxSeconds: 60 },
};

export const services: ServiceConfig[] = (Object.keys(names) as (keyof typeof names)[]).map((product) => ({
  id: `wechat.${product}`,
  name: names[product],
  enabled: true,
  product,
  channelIds: ['wechat-pay'],
  steps: ['risk', 'routing', 'gateway', 'sync'],
  currencies: ['CNY'],
  minAmount: 1,
  maxAmount: 5_000_000,
  expiresInSeconds: product === 'codepay' ? 60 : 900,
  placeTimeoutMs: product === 'codepay' ? 10_000 : 6_000,
  syncSchedule: product === 'codepay' ? atTheTill : patient,
}));

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

export const routingRules = {
  rules: [
    {
      id: 'large-to-main',
      name: '大额优先主账户',
      priority: 100,
      conditions: { all: [{ fact: 'amount', operator: 'greaterThanInclusive', value: 300_000 }] },
      event: { type: 'prefer', params: { accountId: 'wx-main' } },
    },
    {
      id: 'app-not-on-reserve',
      name: 'App 支付不走备用账户',
      priority: 50,
      conditions: { all: [{ fact: 'product', operator: 'equal', value: 'app' }] },
      event: { type: 'exclude', params: { accountId: 'wx-reserve' } },
    },
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

export const channels: ChannelDocument[] = [
  {
    id: 'wechat-pay',
    name: '微信支付',
    adapter: 'wechat-pay',
    priority: 10,
    feeBps: 60,
    params: channelParamsSchema.parse({ maxQueue: 128, queueTimeoutMs: 1000 }),
  },
];

export const merchants = [
  { id: 'mch_cafe', name: '街角咖啡 Corner Café' },
  { id: 'mch_books', name: '远山书店 Far Hills Books' },
  { id: 'mch_metro', name: 'Metro Tickets 城轨票务' },
] as const;
