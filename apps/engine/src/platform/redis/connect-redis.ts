import { Redis } from 'ioredis';

/**
 * A connection to Redis that reconnects for ever and whose errors end nothing.
 *
 * `patience` says what becomes of commands while Redis is away. `none`: they fail at the first failed connect, for
 * callers that have another way or must answer. `endless`: they wait, as subscriptions and workers that block do.
 */
export function connectRedis({
  url,
  patience,
  onLost = () => undefined,
}: {
  url: string;
  patience: 'none' | 'endless';
  onLost?: ((error: Error) => void) | undefined;
}): Redis {
  const connection = new Redis(url, {
    maxRetriesPerRequest: patience === 'none' ? 0 : null,
    // A server that took the command and never answers; blocking commands of the patient wait longer than this.
    ...(patience === 'none' ? { commandTimeout: 3_000 } : {}),
    connectTimeout: 5_000,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 6), 3_000),
  });
  connection.on('error', onLost);
  return connection;
}
