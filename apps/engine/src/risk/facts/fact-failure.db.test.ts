import { withBuiltInLists } from '@tributary/contracts/list';
import type { ServiceConfig } from '@tributary/contracts/service-config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { compileDocument } from '../../config/compiled-rules.ts';
import type { ConfigSnapshot, MerchantConfig } from '../../config/snapshot.ts';
import type { PaymentContext } from '../../payments/ports.ts';
import { systemClock } from '../../platform/clock.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import { createAssessRisk, riskLanguage } from '../check-risk.ts';
import { createGatherFacts } from '../facts.ts';
import { createFindListed } from '../lists/find-listed.ts';
import { createListsStore } from '../lists/lists.store.ts';
import { createVelocityStore } from '../velocity/velocity.store.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 6, name: 'test' });
  await pool.query(
    `INSERT INTO list_entries (list, value, reason, created_by) VALUES ('payer', 'bad', 'fraud', 'test')`,
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

type Event = { type: string; params: Record<string, unknown> };
const rule = (fact: string, value: unknown, event: Event, priority: number, operator = 'equal') => ({
  id: `${fact}-${event.type}`,
  priority,
  conditions: { all: [{ fact, operator, value }] },
  event,
});
const reject: Event = { type: 'reject', params: {} };
const approve: Event = { type: 'approve', params: {} };
const blocked = rule('payerBlocked', true, { type: 'reject', params: { code: 'risk_payer_blocked' } }, 50);
const fast = rule('payerCount10m', 100, reject, 40, 'greaterThan');

async function judge(rules: object[], service: Partial<ServiceConfig>, payerId = 'good', on = pool) {
  const set = await compileDocument({ rules }, riskLanguage);
  const gatherFacts = createGatherFacts({
    findListed: createFindListed({ store: createListsStore(on), follower: { current: () => undefined } }),
    velocity: createVelocityStore({ pool: on, clock: systemClock }),
  });
  const context = {
    snapshot: { limits: [], lists: withBuiltInLists([]) } as unknown as ConfigSnapshot,
    merchant: { id: 'm1', active: true, timeZone: 'UTC' } as MerchantConfig,
    service: { id: 's', product: 'native', factTimeoutMs: 60, ...service } as ServiceConfig,
    request: { amount: 100, currency: 'CNY', payer: { id: payerId } } as PaymentContext['request'],
    amount: { amountMinor: 100n, currency: 'CNY' as const },
    at: new Date(),
  } satisfies PaymentContext;
  return createAssessRisk({ rulesOf: () => ({ version: 1, set }), gatherFacts })(context);
}

/** The payments can't be read by anybody while `act` runs. */
async function whilePaymentsAreLocked<Result>(act: () => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('LOCK TABLE payments IN ACCESS EXCLUSIVE MODE');
    return await act();
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

describe('facts that can not be had in time', () => {
  it('refuse the payment with a code of their own, unless the service says otherwise', async () => {
    await whilePaymentsAreLocked(async () => {
      const refused = await judge([fast], {});
      expect(refused).toMatchObject({
        outcome: 'reject',
        failure: { code: 'risk_unavailable' },
        factFailure: { facts: ['payerCount10m'], reason: 'took longer than 60 ms' },
        holds: [],
      });
      expect(refused.facts).not.toHaveProperty('payerCount10m');
      expect((await judge([fast], { onFactFailure: 'review' })).outcome).toBe('review');
      expect((await judge([fast], { onFactFailure: 'approve' })).outcome).toBe('approve');
    });
    const later = await judge([fast], {});
    expect(later).toMatchObject({ outcome: 'approve', facts: { payerCount10m: 0 } });
    expect(later).not.toHaveProperty('factFailure');
  });

  it('never let through whom a rule refuses that could be judged', async () => {
    await whilePaymentsAreLocked(async () => {
      expect(await judge([blocked, fast], { onFactFailure: 'approve' }, 'bad')).toMatchObject({
        outcome: 'reject',
        failure: { code: 'risk_payer_blocked' },
        lists: [{ list: 'payer', value: 'bad', reason: 'fraud' }],
      });
    });
  });

  it('do not make a rule fire that says "not"', async () => {
    const quiet = {
      id: 'quiet',
      priority: 60,
      conditions: { all: [{ fact: 'payerCount10m', operator: 'not:greaterThan', value: 5 }] },
      event: approve,
    };
    await whilePaymentsAreLocked(async () => {
      const decision = await judge([quiet], {});
      expect(decision).toMatchObject({ outcome: 'reject', failure: { code: 'risk_unavailable' }, fired: [] });
    });
  });

  it('do not matter where a rule above all open ones approves, or where they are only watched', async () => {
    const mine = (priority: number) => rule('merchantId', 'm1', approve, priority);
    const watched = rule('payerCount10m', 1, { type: 'reject', params: { shadow: true } }, 70);
    const flagged = rule('payerCount1h', 1, { type: 'flag', params: { tag: 'x' } }, 70);
    await whilePaymentsAreLocked(async () => {
      expect((await judge([mine(90), fast], {})).outcome).toBe('approve');
      expect((await judge([mine(30), fast], {})).outcome).toBe('reject');
      expect((await judge([watched, flagged], {})).outcome).toBe('approve');
    });
  });

  it('are a decision, never a fault, when the database is away', async () => {
    const away = createPool({ url: 'postgres://nobody@127.0.0.1:1/none', max: 1, name: 'away' });
    const decision = await judge([blocked, fast], { factTimeoutMs: 2_000 }, 'good', away);
    expect(decision).toMatchObject({ outcome: 'reject', failure: { code: 'risk_unavailable' } });
    expect(decision.factFailure?.facts).toEqual(['payerBlocked', 'payerCount10m']);
    await away.end();
  });
});
