import type { Bus, BusChannel } from '../ports/bus.ts';
import { connectRedis, connectSubscriber } from './connect-redis.ts';

/**
 * As a script with the channel for its key: in a cluster that goes to the same node each time. A plain PUBLISH goes to any, and
 * of two messages from two nodes the later may arrive first.
 */
const publishLua = "return redis.call('PUBLISH', KEYS[1], ARGV[1])";

type Subscription = { listener: (message: string) => void };

/**
 * Redis pub/sub for messages between nodes, with Postgres' LISTEN/NOTIFY as backstop: configuration changes are
 * announced by triggers in Postgres, so they arrive even when Redis is away.
 */
export function createRedisBus({
  url,
  backstop,
  onLost,
}: {
  url: string;
  backstop: Bus;
  onLost?: (error: Error) => void;
}): Bus {
  const publisher = connectRedis({ url, patience: 'none', onLost });
  const subscriber = connectSubscriber({ url, onLost });
  const subscriptions = new Map<string, Set<Subscription>>();
  subscriber.on('message', (channel, message) => {
    for (const { listener } of subscriptions.get(channel) ?? []) listener(message);
  });

  return {
    async publish(channel, message) {
      await publisher.eval(publishLua, 1, channel, message).catch(() => backstop.publish(channel, message));
    },
    async subscribe(channel: BusChannel, listener, onReconnect) {
      const group = subscriptions.get(channel) ?? new Set();
      const mine: Subscription = { listener };
      subscriptions.set(channel, group.add(mine));
      await subscribeOrMoveOn(subscriber, channel);
      if (onReconnect) subscriber.on('ready', onReconnect);
      const stopBackstop = await backstop.subscribe(channel, listener, onReconnect);
      return async () => {
        group.delete(mine);
        if (onReconnect) subscriber.off('ready', onReconnect);
        await stopBackstop();
      };
    },
    async close() {
      publisher.disconnect();
      subscriber.disconnect();
      await backstop.close();
    },
  };
}

/** A Redis that is away must not keep a node from starting: the subscription is then made when it is back. */
function subscribeOrMoveOn(subscriber: ReturnType<typeof connectSubscriber>, channel: BusChannel): Promise<void> {
  return new Promise((done) => {
    const settle = () => {
      subscriber.off('error', settle);
      done();
    };
    subscriber.on('error', settle);
    subscriber.subscribe(channel).then(settle, settle);
  });
}
