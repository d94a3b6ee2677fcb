import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { keepAlive } from '../db.ts';
import type { Bus, BusChannel } from '../ports/bus.ts';

const reconnectMs = { first: 100, most: 5_000 };

type Subscription = { listener: (message: string) => void; onReconnect: (() => void) | undefined };

/**
 * LISTEN/NOTIFY over one connection of its own. When it breaks, it is made anew with back-off, and subscribers are told
 * that they may have missed something.
 */
export function createPostgresBus({
  url,
  pool,
  wait = (ms) => sleep(ms, undefined, { ref: false }),
}: {
  url: string;
  pool: pg.Pool;
  /** Waits between two tries to reconnect. */
  wait?: (ms: number) => Promise<void>;
}): Bus {
  const subscriptions = new Map<BusChannel, Set<Subscription>>();
  let client: pg.Client | undefined;
  let connecting: Promise<pg.Client> | undefined;
  let isReconnecting = false;
  let closed = false;

  async function connect(): Promise<pg.Client> {
    const made = new pg.Client({
      connectionString: url,
      application_name: 'tributary bus',
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      ...keepAlive,
    });
    made.on('notification', ({ channel, payload }) => {
      for (const { listener } of subscriptions.get(channel as BusChannel) ?? []) listener(payload ?? '');
    });
    made.on('error', () => undefined);
    try {
      await made.connect();
      for (const channel of subscriptions.keys()) await made.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      if (closed) throw new Error('the bus is closed');
    } catch (error) {
      void made.end().catch(() => undefined);
      throw error;
    }
    // Only now: the end of a connection that never was is the business of whoever tried to make it.
    made.on('end', () => {
      client = undefined;
      void reconnect();
    });
    client = made;
    return made;
  }

  /** One loop at a time, however often a connection fails. */
  async function reconnect(): Promise<void> {
    if (isReconnecting) return;
    isReconnecting = true;
    try {
      for (let ms = reconnectMs.first; !closed; ms = Math.min(ms * 2, reconnectMs.most)) {
        await wait(ms);
        if (closed) return;
        const isBack = await connected().then(
          () => true,
          () => false,
        );
        if (!isBack) continue;
        for (const group of subscriptions.values()) for (const { onReconnect } of group) onReconnect?.();
        return;
      }
    } finally {
      isReconnecting = false;
      // It broke again while subscribers were being told.
      if (!closed && !client) void reconnect();
    }
  }

  function connected(): Promise<pg.Client> {
    if (client) return Promise.resolve(client);
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  }

  return {
    async publish(channel, message) {
      await pool.query('SELECT pg_notify($1, $2)', [channel, message]);
    },
    async subscribe(channel, listener, onReconnect) {
      const group = subscriptions.get(channel) ?? new Set();
      const mine: Subscription = { listener, onReconnect };
      const isNew = !subscriptions.has(channel);
      subscriptions.set(channel, group.add(mine));
      const connection = await connected().catch(() => undefined);
      // A server that is away must not keep a node from starting; the subscriber is told when it is back.
      if (!connection) void reconnect();
      else if (isNew) await connection.query(`LISTEN ${pg.escapeIdentifier(channel)}`).catch(() => connection.end());
      return async () => void group.delete(mine);
    },
    async close() {
      closed = true;
      await connecting?.catch(() => undefined);
      await client?.end().catch(() => undefined);
    },
  };
}
