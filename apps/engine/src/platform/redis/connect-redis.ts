import { Cluster, Redis } from 'ioredis';

/** How long somebody waits for an answer who has another way. */
const impatientMs = 3_000;

const retryAfterMs = (times: number): number => Math.min(100 * 2 ** Math.min(times, 6), 3_000);

/**
 * A connection to Redis, one server or a cluster, that reconnects for ever and whose errors end nothing.
 *
 * `patience` says what becomes of commands while Redis is away. `none`: they fail at the first failed connect (at most
 * after three seconds), for callers that have another way or must answer. `endless`: they wait, as subscriptions and
 * workers that block do.
 *
 * @param options.url `redis://` or `rediss://` for one server; `redis-cluster://` or `rediss-cluster://` for a cluster,
 *   with as many of its nodes as wanted, separated by commas: `redis-cluster://user:password@a:6379,b:6379,c:6379`
 */
export function connectRedis({
  url,
  patience,
  onLost = () => undefined,
}: {
  url: string;
  patience: 'none' | 'endless';
  onLost?: ((error: Error) => void) | undefined;
}): Redis | Cluster {
  const socket = {
    maxRetriesPerRequest: patience === 'none' ? 0 : null,
    // A server that took the command and never answers; blocking commands of the patient wait longer than this.
    ...(patience === 'none' ? { commandTimeout: impatientMs } : {}),
    connectTimeout: 5_000,
    keepAlive: 10_000,
  };
  const cluster = readClusterUrl(url);
  const connection = cluster
    ? new (patience === 'none' ? ImpatientCluster : Cluster)(cluster.nodes, {
        redisOptions: { ...socket, ...cluster.credentials },
        clusterRetryStrategy: retryAfterMs,
        // A node of a cluster is known by its name in a certificate, so names are kept as they are told.
        ...(cluster.credentials.tls ? { dnsLookup: (address, found) => found(null, address) } : {}),
      })
    : new Redis(url, { ...socket, retryStrategy: retryAfterMs });
  connection.on('error', onLost);
  return connection;
}

/**
 * A connection for subscriptions, of endless patience. In a cluster every message reaches every node, so it is to one of
 * the named nodes, and to the next one when that is away: unlike the cluster's own, it tells by `ready` that it was away.
 */
export function connectSubscriber({
  url,
  onLost,
}: {
  url: string;
  onLost?: ((error: Error) => void) | undefined;
}): Redis {
  const cluster = readClusterUrl(url);
  if (!cluster) return connectRedis({ url, patience: 'endless', onLost }) as Redis;
  const nodeAt = (turn: number) => cluster.nodes[turn % cluster.nodes.length];
  let turn = Math.floor(Math.random() * cluster.nodes.length);
  const connection: Redis = new Redis({
    ...nodeAt(turn),
    ...cluster.credentials,
    maxRetriesPerRequest: null,
    connectTimeout: 5_000,
    keepAlive: 10_000,
    retryStrategy: (times) => {
      Object.assign(connection.options, nodeAt(++turn));
      return retryAfterMs(Math.floor(times / cluster.nodes.length));
    },
  });
  connection.on('error', onLost ?? (() => undefined));
  return connection;
}

/** A cluster keeps commands while it has no node at all, for as long as that lasts: these don't wait that long. */
class ImpatientCluster extends Cluster {
  override sendCommand(...[command, ...rest]: Parameters<Cluster['sendCommand']>): unknown {
    command.setTimeout(impatientMs);
    return super.sendCommand(command, ...rest);
  }
}

/** @throws Error without the URL in it, which may hold a password */
function readClusterUrl(url: string) {
  const parts = /^(rediss?)-cluster:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/?#]+)\/?$/.exec(url);
  if (!parts) {
    if (/^rediss?-cluster:/.test(url)) throw new Error('a Redis cluster is named redis-cluster://host:port,host:port');
    return undefined;
  }
  const [, scheme, username = '', password = '', hosts = ''] = parts;
  return {
    nodes: hosts.split(',').map((host) => {
      const { hostname, port } = new URL(`redis://${host.trim()}`);
      return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
    }),
    credentials: {
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
      ...(scheme === 'rediss' ? { tls: {} } : {}),
    },
  };
}
