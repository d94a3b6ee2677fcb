import { createAlipaySimulator } from './alipay/alipay-simulator.ts';
import type { CreateChannelSimulator } from './channel-simulator.ts';
import { createUnionPaySimulator } from './unionpay/unionpay-simulator.ts';
import { createWechatPaySimulator } from './wechat-pay/wechat-pay-simulator.ts';

/** Every protocol that the sandbox speaks: one line each, by the channel's id. */
export const channelSimulators: Readonly<Record<string, CreateChannelSimulator>> = {
  'wechat-pay': createWechatPaySimulator,
  unionpay: createUnionPaySimulator,
  alipay: createAlipaySimulator,
};
