import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { type Context, createCallerFactory } from '../../access/trpc.ts';
import { createAudit } from '../../config/audit.store.ts';
import { type Backtests, createBacktests } from '../../config/backtest/backtests.ts';
import { inventPast, pastStart, storePast } from '../../config/backtest/testing/invented-past.ts';
import type { ConfigSnapshot } from '../../config/snapshot.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createLabRouter } from './lab.router.ts';

const past = inventPast({ seed: 3, count: 500 });
const window = { from: pastStart, to: (past.at(-1)?.at ?? 0) + 1 };
const document = {
  rules: [
    {
      id: 'over',
      conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value: 200_000 }] },
      event: { type: 'reject', params: {} },
    },
  ],
};
const changed = { rules: [{ ...document.rules[0], id: 'above' }] };
const snapshot = {
  merchants: new Map(),
  channels: new Map(),
  rules: { risk: { version: 2, document: { rules: [] } }, routing: { version: 1, document: { rules: [] } } },
} as unknown as ConfigSnapshot;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let database: TestDatabase;
let pool: Pool;
let backtests: Backtests;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'test' });
  await storePast(pool, past);
  backtests = createBacktests({ pool, databaseUrl: database.url, node: 'test', log });
});
afterAll(async () => {
  await backtests.stop();
  await pool.end();
  await database.drop();
});

function consoleOf(role: string) {
  const audit = createAudit(pool);
  const router = createLabRouter({
    pool,
    audit,
    config: { current: () => snapshot },
    backtests,
  } as unknown as AdminDeps);
  const viewer = {
    id: '1',
    email: `${role}@x.example`,
    name: role,
    role,
    approver: false,
    merchantId: undefined,
    locale: undefined,
  };
  const context: Context = { viewer, requestId: 'req_1', ip: '127.0.0.1', userAgent: undefined, audit, log };
  return createCallerFactory(router)(context);
}
const risk = () => consoleOf('risk');
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    (error) => error.cause?.code ?? error.code,
  );
const ended = async (id: string) => {
  await expect.poll(async () => (await risk().backtest({ id })).run.state, { timeout: 60_000 }).not.toBe('running');
  return risk().backtest({ id });
};
const start = (subject: Parameters<ReturnType<typeof risk>['startBacktest']>[0]['subject']) =>
  risk().startBacktest({ kind: 'risk', subject, ...window, sample: { kind: 'all' } });

describe('backtests in the console', { timeout: 90_000 }, () => {
  it('run, are listed with the hash of their document, and open cell by cell', async () => {
    expect(await risk().window(window)).toEqual({ payments: 500 });
    const { id, contentHash } = await start({ from: 'document', document });
    const { run, result, stale } = await ended(id);
    expect(run).toMatchObject({ state: 'finished', done: 500, total: 500, contentHash, createdBy: 'risk@x.example' });
    expect(stale).toBeNull();
    const expected = past.filter(({ amount, risk: then }) => then?.outcome === 'approve' && amount > 200_000);
    const cell = result?.matrix.find(({ live, draft }) => live === 'approve' && draft === 'reject');
    expect(cell?.payments).toBe(expected.length);
    const first = await risk().changedPayments({ runId: id, live: 'approve', draft: 'reject', limit: 10 });
    expect(first.payments.map(({ paymentId }) => paymentId)).toEqual(expected.slice(0, 10).map((one) => one.id));
    const next = await risk().changedPayments({
      runId: id,
      live: 'approve',
      draft: 'reject',
      limit: 10,
      ...(first.cursor ? { cursor: first.cursor } : {}),
    });
    expect(next.payments[0]?.paymentId).toBe(expected[10]?.id);
    expect((await risk().backtestsOf({ kind: 'risk', document })).runs.map((one) => one.id)).toEqual([id]);
    expect((await risk().backtestsOf({ kind: 'risk', document: changed })).runs).toEqual([]);
    expect((await risk().backtestDocument({ id })).document).toEqual(document);
    expect(await codeOf(risk().cancelBacktest({ id }))).toBe('conflict');
  });

  it('go stale when their change is edited', async () => {
    const changeId = 'chg_00000000000000000000000001';
    await pool.query(
      `INSERT INTO change_requests (id, title, reason, content_hash, authors, created_by) VALUES ($1, 't', 'r', 'h', '{a}', 'a')`,
      [changeId],
    );
    await pool.query(
      `INSERT INTO change_items (change_id, kind, object_id, document, content_hash, base_version) VALUES ($1, 'risk', 'main', $2, 'h', 0)`,
      [changeId, JSON.stringify(document)],
    );
    const { id } = await start({ from: 'change', changeId });
    expect((await ended(id)).stale).toBe(false);
    await pool.query('UPDATE change_items SET document = $2 WHERE change_id = $1', [changeId, JSON.stringify(changed)]);
    expect((await risk().backtest({ id })).stale).toBe(true);
  });

  it('refuse what can not run, before anything is stored', async () => {
    const count = async () => (await pool.query('SELECT count(*)::int AS n FROM backtest_runs')).rows[0].n;
    const before = await count();
    expect(await codeOf(start({ from: 'document', document: { rules: 'none' } }))).toBe('invalid_rule_set');
    expect(await codeOf(start({ from: 'change', changeId: 'chg_none' }))).toBe('not_found');
    expect(await codeOf(start({ from: 'version', version: 99 }))).toBe('not_found');
    const subject = { from: 'document' as const, document };
    expect(await codeOf(risk().startBacktest({ kind: 'risk', subject, from: 5, to: 5 }))).toBe('BAD_REQUEST');
    expect(await codeOf(risk().backtest({ id: 'bt_00000000000000000000000000' }))).toBe('not_found');
    expect(await codeOf(consoleOf('support').window(window))).toBe('forbidden');
    expect(await codeOf(consoleOf('auditor').startBacktest({ kind: 'risk', subject, ...window }))).toBe('forbidden');
    expect(await count()).toBe(before);
  });
});

describe('test cases in the console', () => {
  const facts = { amount: 300_000 };

  it('are kept by who may write the rules, run by everybody who may look, and written down', async () => {
    const { tests } = risk();
    const { id } = await tests.risk.save({ name: 'over is refused', facts, expect: { outcome: 'reject' } });
    expect(await consoleOf('auditor').tests.risk.list()).toMatchObject([{ id, name: 'over is refused', facts }]);
    expect(await consoleOf('auditor').tests.risk.run({ document })).toMatchObject({ passed: 1, failed: 0 });
    expect(await tests.risk.run({})).toMatchObject({ passed: 0, failed: 1 });
    expect(await codeOf(tests.risk.save({ name: 'over is refused', facts, expect: { outcome: 'reject' } }))).toBe(
      'conflict',
    );
    expect(await codeOf(consoleOf('oncall').tests.risk.save({ name: 'x', facts, expect: { outcome: 'reject' } }))).toBe(
      'forbidden',
    );
    expect(await codeOf(tests.risk.save({ name: 'x', facts, expect: { route: 'none' } }))).toBe('BAD_REQUEST');
    await tests.risk.remove({ id });
    expect(await codeOf(tests.risk.remove({ id }))).toBe('not_found');
    const { rows } = await pool.query(
      `SELECT action, result FROM audit_log WHERE action LIKE 'tests%' OR action LIKE 'lab.tests%' ORDER BY id`,
    );
    expect(rows.filter(({ result }) => result === 'ok').map(({ action }) => action)).toEqual([
      'lab.tests.risk.save',
      'lab.tests.risk.remove',
    ]);
    expect(rows.some(({ result }) => result === 'denied')).toBe(true);
  });
});
