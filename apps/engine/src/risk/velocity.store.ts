import type { PaymentContext } from '../payments/ports.ts';
import type { Pool } from '../platform/db.ts';
import { paymentIdFloor } from '../platform/ids.ts';
import type { VelocityName, VelocityValues } from './facts.ts';

const minute = 60_000;
const windowMs = {
  payerCount10m: 10,
  payerFailed10m: 10,
  payerCount24h: 1440,
  payerAmount24h: 1440,
  merchantCount1m: 1,
  merchantAmount1h: 60,
} as const;

// A failed, closed or refused payment moved no money.
const moved = `status NOT IN ('failed', 'closed', 'rejected')`;

/**
 * Counts and sums over the payments themselves, exact, in one round trip: at most one index range per party. Windows are
 * ranges of time-ordered ids.
 */
export const createVelocityStore = (pool: Pool) => ({
  async read(names: readonly VelocityName[], { merchant, request, at }: PaymentContext): Promise<VelocityValues> {
    const payerKey = request.payer?.id ?? request.payer?.openId;
    const since = (name: VelocityName) => paymentIdFloor(at.getTime() - windowMs[name] * minute);
    const ofPayer = payerKey === undefined ? [] : names.filter((name) => name.startsWith('payer'));
    const ofMerchant = names.filter((name) => name.startsWith('merchant'));
    const values: VelocityValues = {};
    if (ofPayer.length > 0) {
      const { rows } = await pool.query({
        name: 'velocity-payer',
        text: `SELECT count(*) FILTER (WHERE id >= $3)::int AS "payerCount10m",
                 count(*) FILTER (WHERE id >= $3 AND status IN ('failed', 'rejected'))::int AS "payerFailed10m",
                 count(*)::int AS "payerCount24h", coalesce(sum(amount) FILTER (WHERE ${moved}), 0)::float8 AS "payerAmount24h"
               FROM payments WHERE payer_key = $1 AND id >= $2 AND merchant_id = $4`,
        values: [
          payerKey,
          since(ofPayer.some((name) => name.endsWith('24h')) ? 'payerCount24h' : 'payerCount10m'),
          since('payerCount10m'),
          merchant.id,
        ],
      });
      Object.assign(values, rows[0]);
    }
    if (ofMerchant.length > 0) {
      const { rows } = await pool.query({
        name: 'velocity-merchant',
        text: `SELECT count(*) FILTER (WHERE id >= $3)::int AS "merchantCount1m",
                 coalesce(sum(amount) FILTER (WHERE ${moved}), 0)::float8 AS "merchantAmount1h"
               FROM payments WHERE merchant_id = $1 AND id >= $2`,
        values: [
          merchant.id,
          since(ofMerchant.includes('merchantAmount1h') ? 'merchantAmount1h' : 'merchantCount1m'),
          since('merchantCount1m'),
        ],
      });
      Object.assign(values, rows[0]);
    }
    return values;
  },
});

export type VelocityStore = ReturnType<typeof createVelocityStore>;
