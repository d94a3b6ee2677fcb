import type { ConfigSource } from '../config/snapshot.ts';
import type { Pool } from '../platform/db.ts';
import type { ServerDeps } from './server.ts';

/**
 * Whether a node can do its work: it reaches its database, and has rules to decide by. Besides that it tells who it is and
 * which configuration it runs, so that whoever changed something can see it arrive.
 */
export function createReadiness({
  pool,
  config,
  hasRules,
  node,
  role,
}: {
  pool: Pool;
  config: Pick<ConfigSource, 'current'> & { isLoaded(): boolean };
  hasRules: () => boolean;
  node: string;
  role: string;
}): Required<Pick<ServerDeps, 'isReady' | 'about'>> {
  return {
    async isReady() {
      const database = await pool.query('SELECT 1').then(
        () => 'ok',
        () => 'unreachable',
      );
      const configuration = !config.isLoaded() ? 'loading' : hasRules() ? 'ok' : 'no rules published';
      return { ready: database === 'ok' && configuration === 'ok', checks: { database, configuration } };
    },
    about: () => ({ node, role, ...(config.isLoaded() ? { configVersion: String(config.current().version) } : {}) }),
  };
}
