import type { Pool } from '../db.ts';
import type { SharedBudget } from '../ports/shared-budget.ts';

/** A row per bucket. Takers wait for each other for the moment that one statement takes. */
export const createPostgresSharedBudget = (pool: Pool): SharedBudget => ({
  async take(name, { fresh, waited }, perSecond, restMs = 0) {
    const { rows } = await pool.query({
      name: 'budget-take',
      text: `SELECT fresh_passed AS fresh, waited_passed AS waited, fresh_ms AS "freshMs", waited_ms AS "waitedMs"
             FROM tributary_take_budget($1, $2, $3, $4, $5)`,
      values: [name, fresh, waited, perSecond, restMs],
    });
    return rows[0];
  },
});
