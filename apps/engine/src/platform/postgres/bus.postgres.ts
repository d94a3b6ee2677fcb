import pg from 'pg';
import type { Bus, BusChannel } from '../ports/bus.ts';

const reconnectMs = { first: 100, most: 5_000 };

type Subscription = { listener: (message: string) => void; onReconnect: (() => void) | undefined };

/**
 * LISTEN/NOTIFY over one connection of its own. When it breaks, it is made anew with back-off, and subscribers are told
 * that they may have missed something.
 */
export function createPostgresBus({ url, pool }: { url: string; pool: pg.Pool }): Bus {
  const subscriptions = new Map<BusChannel, Set<Subscription>>();
  let client: pg.Client | undefined;
  let connecting: Promise<pg.Client> | undefined;
  let closed = false;

  async function connect(): Promise<pg.Client> {
    const made = new pg.Client({ connectionString: url, application_name: 'tributary bus', keepAlive: true });
    made.on('notification', ({ channel, payload }) => {
      for (const { listener } of subscriptions.get(channel as BusChannel) ?? []) listener(payload ?? '');
    });
    made.on('error', () => undefined);
    made.on('end', () => {
      if (client === made) client = undefined;
      if (!closed) void reconnect();
    });
    await made.connect();
    for (const channel of subscriptions.keys()) await made.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    client = made;
    return made;
  }

  async function reconnect(): Promise<void> {
    for (let wait = reconnectMs.first; !closed; wait = Math.min(wait * 2, reconnectMs.most)) {
      await new Promise((done) => setTimeout(done, wait).unref());
      try {
        await connected();
        for (const group of subscriptions.values()) for (const { onReconnect } of group) onReconnect?.();
        return;
      } catch {
        // The server is still away; the next try waits longer.
      }
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
      const connection = await connected();
      if (isNew) await connection.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      return async () => void group.delete(mine);
    },
    async close() {
      closed = true;
      await client?.end();
    },
  };
}
