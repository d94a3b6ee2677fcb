import { withBuiltInLists } from '@tributary/contracts/list';
import type { CreatePayment } from '@tributary/contracts/payment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../scripts/testing/test-database.ts';
import { compileDocument } from '../config/compiled-rules.ts';
import type { ConfigSnapshot } from '../config/snapshot.ts';
import type { PaymentContext } from '../payments/ports.ts';
import { createTestCore, type TestCore } from '../payments/testing/core.ts';
import { systemClock } from '../platform/clock.ts';
import { createAssessRisk, riskLanguage } from './check-risk.ts';
import { createGatherFacts } from './facts.ts';
import { createFindListed } from './lists/find-listed.ts';
import { createListsStore } from './lists/lists.store.ts';
import { createVelocityStore } from './velocity/velocity.store.ts';

let database: TestDatabase;
let core: TestCore;

beforeAll(async () => {
  database = await createTestDatabase();
  core = createTestCore(database.url);
});
afterAll(async () => {
  await core.end();
  await database.drop();
});

const snapshot = (own: Partial<ConfigSnapshot> = {}) =>
  ({ limits: [], lists: withBuiltInLists([]), ...own }) as unknown as ConfigSnapshot;

function contextOf(request: Partial<CreatePayment> = {}, own: Partial<PaymentContext> = {}): PaymentContext {
  const { merchant, snapshot: services } = core.caller();
  const service = services.services.get('wechat.native');
  if (!service) throw new Error('no service');
  return {
    snapshot: snapshot(),
    merchant,
    service,
    request: core.request(request),
    amount: { amountMinor: 1000n, currency: 'CNY' },
    at: new Date(),
    ...own,
  };
}

/** Judges by rules given as (fact, operator, value, event). */
async function judgeBy(rules: [string, string, unknown, object, number?][], context: PaymentContext) {
  const document = {
    rules: rules.map(([fact, operator, value, event, priority], i) => ({
      id: `r${i}`,
      priority: priority ?? 1,
      conditions: { all: [{ fact, operator, value }] },
      event,
    })),
  };
  const set = await compileDocument(document, riskLanguage);
  const gatherFacts = createGatherFacts({
    findListed: createFindListed({ store: createListsStore(core.pool), follower: { current: () => undefined } }),
    velocity: createVelocityStore({ pool: core.pool, clock: systemClock }),
  });
  return createAssessRisk({ rulesOf: () => ({ version: 7, set }), gatherFacts })(context);
}
const reject = { type: 'reject', params: { code: 'risk_rejected' } };

describe('risk', () => {
  it('counts and sums a payer’s payments in windows, exactly, and only of this merchant', async () => {
    for (let i = 0; i < 3; i++)
      await core.place(core.caller(), core.claim(), core.request({ payer: { id: 'busy' }, amount: 500 }));
    core.script.answer = () => ({
      kind: 'declined',
      fault: 'payer',
      code: 'payer_declined',
      raw: { code: 'X', message: '' },
    });
    await core.place(core.caller(), core.claim(), core.request({ payer: { id: 'busy' }, amount: 900 }));
    core.script.answer = () => ({ kind: 'pending' });
    await core.place(core.caller('mch_2'), core.claim(), core.request({ payer: { id: 'busy' } }));
    const busy = contextOf({ payer: { id: 'busy' } });
    const decision = await judgeBy(
      [
        ['payerCount10m', 'equal', 4, { type: 'flag', params: { tag: 'count' } }],
        ['payerFailed10m', 'equal', 1, { type: 'flag', params: { tag: 'failed' } }],
        ['payerAmount24h', 'equal', 1500, { type: 'flag', params: { tag: 'amount' } }],
        ['merchantCount1m', 'equal', 4, { type: 'flag', params: { tag: 'merchant' } }],
      ],
      busy,
    );
    expect(decision.fired.map(({ event }) => event.params?.tag)).toEqual(['count', 'failed', 'amount', 'merchant']);
    expect(decision).toMatchObject({
      outcome: 'approve',
      ruleSetVersion: 7,
      facts: { payerCount10m: 4, payerFailed10m: 1, payerAmount24h: 1500 },
    });
  });

  it('lets the highest rule that approves or rejects decide, and keeps all that fired', async () => {
    const rules: Parameters<typeof judgeBy>[0] = [
      ['amount', 'greaterThan', 0, reject, 10],
      ['amount', 'greaterThan', 0, { type: 'approve', params: {} }, 20],
      ['amount', 'greaterThan', 0, { type: 'review', params: {} }, 5],
    ];
    const decision = await judgeBy(rules, contextOf());
    expect(decision.outcome).toBe('approve');
    expect(decision.fired.map(({ event }) => event.type)).toEqual(['approve', 'reject', 'review']);
    expect((await judgeBy(rules.slice(0, 1), contextOf())).failure).toMatchObject({ code: 'risk_rejected' });
    expect((await judgeBy(rules.slice(2), contextOf())).outcome).toBe('review');
  });

  it('refuses a suspended merchant before any rule, and forgets list entries that ran out', async () => {
    const suspended = contextOf();
    expect(
      (await judgeBy([], { ...suspended, merchant: { ...suspended.merchant, active: false } })).failure?.code,
    ).toBe('risk_merchant_blocked');
    const at = new Date();
    await core.pool.query(
      `INSERT INTO list_entries (list, value, reason, created_by, expires_at)
       VALUES ('payer', 'bad', 'chargebacks', 'test', NULL), ('payer', 'was-bad', '', 'test', $1)`,
      [at],
    );
    const by = (id: string) => judgeBy([['payerBlocked', 'equal', true, reject]], contextOf({ payer: { id } }, { at }));
    expect(await by('bad')).toMatchObject({
      outcome: 'reject',
      lists: [{ list: 'payer', value: 'bad', reason: 'chargebacks' }],
    });
    expect((await by('was-bad')).outcome).toBe('approve');
  });
});
