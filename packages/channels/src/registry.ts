import type { ChannelAdapter } from './channel-adapter.ts';

/** Every channel that Tributary speaks: one line each. */
export const channelAdapters: readonly ChannelAdapter[] = [];
