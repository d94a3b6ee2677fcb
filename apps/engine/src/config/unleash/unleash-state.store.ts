import type { ClientFeaturesResponse } from 'unleash-client';
import type { Pool } from '../../platform/db.ts';

/** What Unleash last said, kept so that an engine can start and go on without it. */
export function createUnleashState(pool: Pool, node: string) {
  return {
    async get(): Promise<ClientFeaturesResponse | undefined> {
      const { rows } = await pool.query('SELECT features FROM unleash_state WHERE id = 1');
      return rows[0]?.features;
    },
    async set(features: ClientFeaturesResponse): Promise<void> {
      await pool.query(
        `INSERT INTO unleash_state (id, features, node) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET features = $1, node = $2, received_at = now()`,
        [JSON.stringify(features), node],
      );
    },
    async keepRefused(refused: object): Promise<void> {
      await pool.query('UPDATE unleash_state SET refused = $1 WHERE id = 1', [JSON.stringify(refused)]);
    },
  };
}
