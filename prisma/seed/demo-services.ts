import { type ChannelDocument, channelParamsSchema } from '@tributary/contracts/channel-config';
import type { ServiceConfig, SyncSchedule } from '@tributary/contracts/service-config';

/** The channels and services of the demonstration: every product of the three channels, and one that takes any wallet. */

const patient: SyncSchedule = {
  firstSeconds: 10,
  steps: [{ everySeconds: 5, times: 10 }],
  backoff: { baseSeconds: 30, maxSeconds: 600 },
};
// A payer stands at the till: asked every few seconds, then given up (reversed) soon.
const atTheTill: SyncSchedule = {
  firstSeconds: 3,
  steps: [
    { everySeconds: 3, times: 1 },
    { everySeconds: 5, times: 8 },
  ],
  backoff: { baseSeconds: 10, maxSeconds: 60 },
};
// UnionPay allows few look-ups of one order: on its own ladder.
const sparing = { asTheChannelLikes: true };

function service(
  id: string,
  name: string,
  channelIds: string[],
  product: string,
  { asTheChannelLikes = false } = {},
): ServiceConfig {
  return {
    id,
    name,
    enabled: true,
    product,
    channelIds,
    steps: ['risk', 'routing', 'gateway', 'sync'],
    currencies: ['CNY'],
    minAmount: 1,
    maxAmount: 5_000_000,
    expiresInSeconds: product === 'codepay' ? 60 : 900,
    placeTimeoutMs: product === 'codepay' ? 10_000 : 6_000,
    ...(asTheChannelLikes ? {} : { syncSchedule: product === 'codepay' ? atTheTill : patient }),
  };
}

export const services: ServiceConfig[] = [
  service('wechat.native', '微信扫码 Native', ['wechat-pay'], 'native'),
  service('wechat.jsapi', '微信公众号 JSAPI', ['wechat-pay'], 'jsapi'),
  service('wechat.h5', '微信 H5', ['wechat-pay'], 'h5'),
  service('wechat.app', '微信 App', ['wechat-pay'], 'app'),
  service('wechat.codepay', '微信付款码', ['wechat-pay'], 'codepay'),
  service('alipay.precreate', '支付宝扫码 当面付', ['alipay'], 'native'),
  service('alipay.pay', '支付宝付款码 当面付', ['alipay'], 'codepay'),
  service('alipay.create', '支付宝小程序 JSAPI', ['alipay'], 'jsapi'),
  service('alipay.wap', '支付宝手机网站', ['alipay'], 'h5'),
  service('alipay.page', '支付宝电脑网站', ['alipay'], 'page'),
  service('alipay.app', '支付宝 App', ['alipay'], 'app'),
  service('unionpay.qr', '银联二维码（主扫）', ['unionpay'], 'native', sparing),
  service('unionpay.codepay', '银联付款码（被扫）', ['unionpay'], 'codepay', sparing),
  service('unionpay.page', '银联网关', ['unionpay'], 'page', sparing),
  service('unionpay.h5', '银联手机网页', ['unionpay'], 'h5', sparing),
  // Whose code it is decides the routing rules: the till needs to know nothing.
  service('pos.codepay', '聚合付款码', ['wechat-pay', 'alipay', 'unionpay'], 'codepay'),
];

const params = channelParamsSchema.parse({ maxQueue: 128, queueTimeoutMs: 1000 });

export const channels: ChannelDocument[] = [
  { id: 'wechat-pay', name: '微信支付', adapter: 'wechat-pay', priority: 10, feeBps: 60, params },
  { id: 'alipay', name: '支付宝', adapter: 'alipay', priority: 10, feeBps: 55, params },
  { id: 'unionpay', name: '银联', adapter: 'unionpay', priority: 20, feeBps: 50, params },
];
