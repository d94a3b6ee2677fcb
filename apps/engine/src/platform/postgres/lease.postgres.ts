import type { Pool } from '../db.ts';
import type { Lease } from '../ports/lease.ts';

/** One row per lease; Postgres' clock decides about expiry, and the token grows whenever the lease changes hands. */
export const createPostgresLease = (pool: Pool): Lease => ({
  async acquire(name, holder, ttlMs) {
    const { rows } = await pool.query({
      name: 'lease-acquire',
      text: `INSERT INTO leases (name, holder, token, expires_at)
             VALUES ($1, $2, 1, now() + make_interval(secs => $3::float8 / 1000))
             ON CONFLICT (name) DO UPDATE SET
               holder = excluded.holder,
               token = CASE WHEN leases.holder = excluded.holder AND leases.expires_at > now() THEN leases.token ELSE leases.token + 1 END,
               expires_at = excluded.expires_at
             WHERE leases.holder = excluded.holder OR leases.expires_at <= now()
             RETURNING token`,
      values: [name, holder, ttlMs],
    });
    return rows[0] && { token: rows[0].token };
  },
  async release(name, holder) {
    await pool.query('UPDATE leases SET expires_at = now() WHERE name = $1 AND holder = $2', [name, holder]);
  },
});
