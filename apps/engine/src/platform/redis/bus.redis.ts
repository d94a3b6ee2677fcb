import { Redis } from 'ioredis';
import type { Bus, BusChannel } from '../ports/bus.ts';

/**
 * Redis pub/sub for messages between nodes, with Postgres' LISTEN/NOTIFY as backstop: configuration changes are
 * announced by triggers in Postgres, so they arrive even when Redis is away.
 */
export function createRedisBus({ url, backstop }: { url: string; backstop: Bus }): Bus {
  const publisher = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, enableOfflineQueue: true });
  const subscriber = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null });
  const listeners = new Map<string, Set<(message: string) => void>>();
  for (const connection of [publisher, subscriber]) connection.on('error', () => undefined);
  subscriber.on('message', (channel, message) => {
    for (const listener of listeners.get(channel) ?? []) listener(message);
  });

  return {
    async publish(channel, message) {
      await publisher.publish(channel, message).catch(() => backstop.publish(channel, message));
    },
    async subscribe(channel: BusChannel, listener, onReconnect) {
      const group = listeners.get(channel) ?? new Set();
      listeners.set(channel, group.add(listener));
      if (onReconnect) subscriber.on('ready', onReconnect);
      // Not awaited: a Redis that is away must not keep a node from starting.
      void subscriber.subscribe(channel).catch(() => undefined);
      const stopBackstop = await backstop.subscribe(channel, listener, onReconnect);
      return async () => {
        group.delete(listener);
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
