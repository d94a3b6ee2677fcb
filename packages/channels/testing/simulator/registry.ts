import { createAlipaySimulator } from '../../alipay/sandbox/alipay-simulator.ts';
import { createRiverbankSimulator } from '../../example/sandbox/riverbank-simulator.ts';
import { createUnionPaySimulator } from '../../unionpay/sandbox/unionpay-simulator.ts';
import { createWechatPaySimulator } from '../../wechat-pay/sandbox/wechat-pay-simulator.ts';
import type { CreateChannelSimulator } from './channel-simulator.ts';

/** Every protocol that the sandbox speaks: one line each, by the channel's id. */
export const channelSimulators: Readonly<Record<string, CreateChannelSimulator>> = {
  'wechat-pay': createWechatPaySimulator,
  unionpay: createUnionPaySimulator,
  alipay: createAlipaySimulator,
  example: createRiverbankSimulator,
};
