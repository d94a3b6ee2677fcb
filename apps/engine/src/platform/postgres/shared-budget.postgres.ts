import type { Pool } from '../db.ts';
import type { SharedBudget } from '../ports/shared-budget.ts';

/** A row per bucket. Takers wait for each other for the moment that one statement takes. */
export const createPostgresSharedBudget = (pool: Pool): SharedBudget => ({
  async take(name, wanted, perSecond) {
    const { rows } = await pool.query({
      name: 'budget-take',
      text: `INSERT INTO shared_budgets AS b (name, tokens, granted, refilled_at)
             VALUES ($1, greatest($3::float8, 1) - floor(least($2::float8, greatest($3::float8, 1))), floor(least($2::float8, greatest($3::float8, 1))), clock_timestamp())
             ON CONFLICT (name) DO UPDATE SET (tokens, granted, refilled_at) = (
               SELECT h.have - floor(least($2::float8, h.have)), floor(least($2::float8, h.have)), clock_timestamp()
               FROM (SELECT least(greatest($3::float8, 1), b.tokens
                 + greatest(0, extract(epoch FROM clock_timestamp() - b.refilled_at)::float8) * $3::float8) AS have) h)
             RETURNING granted`,
      values: [name, wanted, perSecond],
    });
    return rows[0].granted;
  },
});
