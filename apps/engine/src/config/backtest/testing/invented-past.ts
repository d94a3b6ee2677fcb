import { createHash } from 'node:crypto';
import type { Pool } from '../../../platform/db.ts';
import { timeOrderedId } from '../../../platform/ids.ts';
import type { RecordedRow } from '../recorded-payment.ts';

/** Payments that were never made, with decisions as the engine writes them. The same for the same seed. */
export type InventedPayment = RecordedRow & {
  /** Unix ms. */
  at: number;
  amount: number;
};

/** Mulberry32: small, seeded, good enough to mix cases. */
function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    chance: (share: number) => next() < share,
    below: (limit: number) => Math.floor(next() * limit),
    of: <Item>(list: readonly Item[]): Item => list[Math.floor(next() * list.length)] as Item,
  };
}

export const pastStart = Date.UTC(2026, 9, 1);

const accounts = [
  { channelId: 'wechat-pay', accountId: 'wx-1', priority: 10, feeBps: 60 },
  { channelId: 'wechat-pay', accountId: 'wx-2', priority: 10, feeBps: 55 },
  { channelId: 'alipay', accountId: 'ali-1', priority: 20, feeBps: 38 },
];

/**
 * One payment every 20 seconds from `pastStart`. Then, risk refused amounts over 500,000, reviewed from 300,000, and one
 * in 50 was refused by a limit; routing took the cheapest account of the lowest priority; Alipay was off for one in ten.
 * The payer's count was recorded for four in five.
 */
export function inventPast({ seed, count }: { seed: number; count: number }): InventedPayment[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const at = pastStart + i * 20_000 + random.below(1_000);
    const id = `pay_${timeOrderedId(at, createHash('sha1').update(`${seed}:${i}`).digest().subarray(0, 10))}`;
    const amount = 100 + random.below(600_000);
    const payer = random.chance(0.7) ? { id: `payer-${random.below(300)}`, ip: '203.0.113.7' } : {};
    const limited = random.chance(0.02);
    const outcome = amount > 500_000 || limited ? 'reject' : amount >= 300_000 ? 'review' : 'approve';
    const counted = random.chance(0.8);
    const facts: Record<string, unknown> = { amount, serviceId: 'wechat.native' };
    if (counted) facts.payerCount10m = 'id' in payer ? random.below(8) : null;
    const alipayOff = random.chance(0.1);
    const status =
      outcome === 'reject'
        ? 'rejected'
        : random.of(['succeeded', 'succeeded', 'succeeded', 'failed', 'closed', 'processing']);
    const rejectedByRule = amount > 500_000;
    return {
      id,
      at,
      merchant_id: `mch-${random.below(7)}`,
      merchant_order_no: `order-${i}`,
      service_id: random.chance(0.9) ? 'wechat.native' : 'wechat.h5',
      product: 'native',
      status,
      amount,
      currency: random.chance(0.95) ? 'CNY' : 'USD',
      payer,
      channel_id: outcome === 'reject' ? null : 'wechat-pay',
      refunded: status === 'succeeded' && random.chance(0.1),
      risk: {
        outcome,
        ruleSetVersion: counted ? 2 : 1,
        fired: rejectedByRule
          ? [{ id: 'too-much', event: { type: 'reject', params: {} } }]
          : outcome === 'review'
            ? [{ id: 'look', event: { type: 'review', params: {} } }]
            : [],
        facts,
        ...(outcome === 'reject'
          ? { failure: { code: rejectedByRule ? 'risk_single_limit' : 'risk_daily_limit' } }
          : {}),
        ...(limited && !rejectedByRule ? { exhausted: { limitId: 'day' } } : {}),
      },
      routing:
        outcome === 'reject'
          ? null
          : {
              ruleSetVersion: 1,
              fired: [],
              facts: { amount, serviceId: 'wechat.native' },
              routes: [{ channelId: 'wechat-pay', accountId: 'wx-2' }],
              candidates: accounts.map((account) =>
                account.channelId === 'alipay' && alipayOff
                  ? { ...account, kept: false, reason: 'switched_off' }
                  : { ...account, kept: true, reason: account.accountId === 'wx-2' ? 'chosen' : 'reserve:1' },
              ),
            },
    };
  });
}

/** Writes them as the engine would have: payment and events in one statement. */
export async function storePast(pool: Pool, past: readonly InventedPayment[]): Promise<void> {
  for (let from = 0; from < past.length; from += 2_000) {
    const rows = past.slice(from, from + 2_000).map(({ risk, routing, refunded, at, ...payment }) => ({
      ...payment,
      at: new Date(at).toISOString(),
      refunded_amount: refunded ? payment.amount : 0,
      events: [
        { kind: 'payment.received', data: {} },
        ...(risk ? [{ kind: 'risk.decided', data: risk }] : []),
        ...(routing ? [{ kind: 'routing.planned', data: routing }] : []),
      ],
    }));
    await pool.query(
      `WITH input AS MATERIALIZED (
         SELECT * FROM jsonb_to_recordset($1::jsonb) AS p(id text, at timestamptz, merchant_id text, merchant_order_no text,
           service_id text, product text, status text, amount bigint, currency text, payer jsonb, channel_id text,
           refunded_amount bigint, events jsonb)
       ), told AS (
         INSERT INTO events (payment_id, seq, at, kind, node, actor, data)
         SELECT id, seq, at, event->>'kind', 'past', 'system', event->'data'
         FROM input, jsonb_array_elements(events) WITH ORDINALITY AS e(event, seq)
       )
       INSERT INTO payments (id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, subject,
         payer, channel_id, refunded_amount, version, trace_id, created_at, updated_at, expires_at, succeeded_at)
       SELECT id, merchant_id, merchant_order_no, service_id, product, status, amount, currency, 'past', payer, channel_id,
         refunded_amount, jsonb_array_length(events), 'trace', at, at, at, CASE WHEN status = 'succeeded' THEN at END
       FROM input`,
      [JSON.stringify(rows)],
    );
  }
}
