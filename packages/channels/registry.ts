import { alipay } from './alipay/index.ts';
import type { ChannelAdapter } from './channel-adapter.ts';
import { example } from './example/index.ts';
import { unionPay } from './unionpay/index.ts';
import { wechatPay } from './wechat-pay/index.ts';

/** Every channel that Tributary speaks: one line each. */
export const channelAdapters: readonly ChannelAdapter[] = [wechatPay, alipay, unionPay, example];
