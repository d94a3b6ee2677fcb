import type { PaymentContext } from '../../payments/ports.ts';
import type { Pool } from '../../platform/db.ts';
import { paymentIdFloor } from '../../platform/ids.ts';
import type { Clock } from '../../platform/ports/clock.ts';
import { cardMeasures } from '../facts/card-facts.ts';
import { deviceMeasures } from '../facts/device-facts.ts';
import { ipMeasures } from '../facts/ip-facts.ts';
import { merchantMeasures } from '../facts/merchant-facts.ts';
import { merchantUsualFacts, type UsualAmounts, usualFactsOf } from '../facts/merchant-usual-facts.ts';
import { payerMeasures } from '../facts/payer-facts.ts';
import { payerPastFacts, payerPastFactsOf } from '../facts/payer-past-facts.ts';
import { buildQuery, type VelocityQuery, type VelocitySubject } from './build-query.ts';
import { createFreshCache } from './fresh-cache.ts';
import type { Measure } from './measure.ts';

type Values = Record<string, unknown>;

const measures: readonly Measure[] = [...payerMeasures, ...deviceMeasures, ...ipMeasures, ...cardMeasures];
const pastNames: ReadonlySet<string> = new Set(payerPastFacts.map(({ name }) => name));
const usualNames: ReadonlySet<string> = new Set(merchantUsualFacts.map(({ name }) => name));

/** Decisions about moments longer ago than this look only at what was there before them. */
const pastMs = 60_000;
const usualDays = 30;
const most = { queries: 500, merchants: 5_000 };

/**
 * Facts over past payments, read from the payments themselves: exact, the same in both profiles, nothing kept in memory
 * but a little of merchants. Payers, devices, addresses and cards cost one round trip together; a merchant's own figures
 * are shared between its payments.
 */
export function createVelocityStore({ pool, clock }: { pool: Pool; clock: Clock }) {
  const queries = new Map<string, VelocityQuery>();
  const merchantFigures = createFreshCache<Values>({ most: most.merchants, freshMs: 1_000, nowMs: clock.monotonicMs });
  const usualAmounts = createFreshCache<UsualAmounts>({
    most: most.merchants,
    freshMs: 600_000,
    nowMs: clock.monotonicMs,
  });

  function queryFor(chosen: readonly Measure[], lastOfPayer: boolean): VelocityQuery {
    const key = `${lastOfPayer}|${chosen.map(({ fact }) => fact.name).join()}`;
    let query = queries.get(key);
    if (!query) {
      // Rule sets come and go; what they asked for may be forgotten.
      if (queries.size >= most.queries) queries.clear();
      query = buildQuery(chosen, lastOfPayer);
      queries.set(key, query);
    }
    return query;
  }

  async function run({ name, text, values }: VelocityQuery, subject: VelocitySubject): Promise<Values> {
    const { rows } = await pool.query({ name, text, values: values(subject) });
    return rows[0];
  }

  async function readOwn(needed: ReadonlySet<string>, subject: VelocitySubject): Promise<Values> {
    const chosen = measures.filter(
      ({ fact, dimension }) => needed.has(fact.name) && dimension !== 'merchant' && subject[dimension] !== undefined,
    );
    const lastOfPayer = subject.payer !== undefined && [...pastNames].some((name) => needed.has(name));
    if (chosen.length === 0 && !lastOfPayer) return {};
    const { lastId, ...values } = await run(queryFor(chosen, lastOfPayer), subject);
    return lastOfPayer ? { ...values, ...payerPastFactsOf(lastId as string | null, subject.at) } : values;
  }

  async function readMerchant(needed: ReadonlySet<string>, subject: VelocitySubject): Promise<Values> {
    const chosen = merchantMeasures.filter(({ fact }) => needed.has(fact.name));
    if (chosen.length === 0) return {};
    const query = queryFor(chosen, false);
    if (subject.past) return run(query, subject);
    return merchantFigures(`${query.name}|${subject.merchantId}|${subject.currency}`, () => run(query, subject));
  }

  async function readUsual(needed: ReadonlySet<string>, subject: VelocitySubject): Promise<Values> {
    if (![...usualNames].some((name) => needed.has(name))) return {};
    const { merchantId, currency, at, past, amount } = subject;
    const read = async (): Promise<UsualAmounts> => {
      const { rows } = await pool.query({
        name: 'velocity-usual',
        text: `SELECT count(*)::int AS successes,
                 coalesce(percentile_disc(0.95) WITHIN GROUP (ORDER BY amount), 0)::float8 AS p95,
                 coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY amount), 0)::float8 AS median
               FROM (SELECT amount, status FROM payments WHERE merchant_id = $1 AND id >= $2 AND id < $3 AND currency = $4
                     ORDER BY id DESC LIMIT 10000) AS latest WHERE status = 'succeeded'`,
        values: [
          merchantId,
          paymentIdFloor(at.getTime() - usualDays * 86_400_000),
          past ? paymentIdFloor(at.getTime()) : 'pay_~',
          currency,
        ],
      });
      return rows[0];
    };
    return usualFactsOf(amount, past ? await read() : await usualAmounts(`${merchantId}|${currency}`, read));
  }

  return {
    /**
     * The facts among these that look at past payments. A fact whose dimension the payment does not have (no device
     * given) is missing.
     */
    async read(needed: ReadonlySet<string>, { merchant, request, at }: PaymentContext): Promise<Values> {
      const { payer } = request;
      const subject: VelocitySubject = {
        merchantId: merchant.id,
        payer: payer?.id ?? payer?.openId,
        device: payer?.deviceId,
        ip: payer?.ip,
        card: payer?.cardId,
        amount: request.amount,
        currency: request.currency,
        at,
        past: clock.now().getTime() - at.getTime() > pastMs,
      };
      const [own, merchantWide, usual] = await Promise.all([
        readOwn(needed, subject),
        readMerchant(needed, subject),
        readUsual(needed, subject),
      ]);
      return { ...own, ...merchantWide, ...usual };
    },
  };
}

export type VelocityStore = ReturnType<typeof createVelocityStore>;
