import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import type { AdminDeps } from '../admin/admin-deps.ts';
import { badValues, goodInputs, placesOf, withBad } from '../testing/bad-inputs.ts';
import { type StartedEngine, startTestEngine } from '../testing/started-engine.ts';
import { createAppRouter } from './app-router.ts';

type Procedure = { _def: { type: 'query' | 'mutation'; inputs: z.ZodType[] } };

let engine: StartedEngine;
let admin: Awaited<ReturnType<StartedEngine['signIn']>>;
let changeId: string;

// Only read for its schemas.
const procedures = Object.entries(
  createAppRouter({} as AdminDeps)._def.procedures as unknown as Record<string, Procedure>,
);

/** What a sample needs to be about something that is there; by procedure, then by path. */
const own: Record<string, Record<string, unknown>> = {
  'changes.create': { 'items.0.kind': 'risk', 'items.0.objectId': 'main', 'items.0.document': { rules: [] } },
  'changes.edit': { 'items.0.document': { rules: [] } },
  'changes.emergency': { 'items.0.document': { id: 'day' } },
  'lab.window': { to: 2 },
  'lab.startBacktest': { to: 2 },
  'lab.tests.risk.save': { id: undefined, facts: { amount: 5 }, 'expect.route': undefined },
  'lab.tests.routing.save': {
    id: undefined,
    facts: { amount: 5 },
    'expect.outcome': undefined,
    'expect.code': undefined,
  },
  'limits.counters': { limitId: 'day' },
  'limits.history': { limitId: 'day' },
  'merchants.create': { timeZone: 'Asia/Shanghai' },
  'users.create': { merchantId: undefined },
  'shards.setDynamic': { minCount: 1, maxCount: 2 },
  'sync.count': { 'filter.from': 1, 'filter.to': 2 },
  'sync.start': { 'filter.from': 1, 'filter.to': 2 },
  'webhooks.countReplay': { from: undefined, to: undefined },
  'webhooks.replay': { from: undefined, to: undefined },
  ...Object.fromEntries(
    ['createKey', 'addSigningKey', 'setStatus', 'keys'].map((name) => [
      `merchants.${name}`,
      { merchantId: 'mch_test', ...(name === 'setStatus' ? { id: 'mch_test' } : {}) },
    ]),
  ),
};

/** Procedures that only look, though asked by POST: what they answer is theirs. */
const looks = /\.(validate|run)$|^lab\.backtestsOf$/;

const limit = { id: 'day', name: 'day', scope: ['merchant'], period: 'day', currency: 'CNY', maxAmount: 1_000 };

beforeAll(async () => {
  engine = await startTestEngine();
  await engine.publish('limit', 'day', limit);
  admin = await engine.signIn({ role: 'admin', approver: true });
  const items = [{ kind: 'limit', objectId: 'day', document: { ...limit, maxAmount: 2 }, baseVersion: 1 }];
  const made = await admin.send('POST', 'changes.create', JSON.stringify({ title: 'a', reason: 'because', items }));
  changeId = (made.body as { result: { data: { id: string } } }).result.data.id;
});
afterAll(() => engine.stop());

/**
 * Every row of every table that people's acts end up in; nodes, sessions and the log of refusals live their own life, and
 * the counter of configuration counts statements, also those that found nothing to change.
 */
async function everything(): Promise<Record<string, string>> {
  const { rows } = await engine.db.query(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public'
     AND tablename NOT IN ('audit_log', 'audit_anchors', 'config_state', 'nodes', 'leases', 'shard_leases', 'shard_workers', 'due_shards', 'console_sessions', '_prisma_migrations') ORDER BY 1`,
  );
  const told: Record<string, string> = {};
  for (const { tablename } of rows) {
    const sum = await engine.db.query(
      `SELECT count(*) || ' ' || coalesce(sum(hashtext(t::text)), 0) AS sum FROM "${tablename}" t`,
    );
    told[tablename] = sum.rows[0].sum;
  }
  return told;
}

describe('bad input at the sign-in', () => {
  it('is the sender’s fault', async () => {
    const good = { email: 'a@shop.example', password: 'not the password', rememberMe: true, callbackURL: '/' };
    const wrong: string[] = [];
    let calls = 0;
    for (const place of placesOf(good)) {
      for (const bad of badValues) {
        const answer = await fetch(`${engine.url}/api/auth/sign-in/email`, {
          method: 'POST',
          // Each from an address of its own, or most would only meet the limit on tries.
          headers: { 'content-type': 'application/json', 'x-forwarded-for': `203.0.113.${++calls % 250}` },
          body: withBad(good, place, bad),
        });
        await answer.arrayBuffer();
        if (answer.status >= 500 || answer.ok) wrong.push(`${answer.status} ${place.join('.')}: ${bad.what}`);
      }
    }
    expect(wrong).toEqual([]);
    expect((await engine.db.query('SELECT count(*)::int AS n FROM console_sessions')).rows[0].n).toBe(1);
  });
});

describe('bad input at every procedure of the console', () => {
  const withInput = procedures.filter(([, { _def }]) => _def.inputs.length > 0);

  it('knows a good input for each', () => {
    expect(withInput.length).toBeGreaterThan(60);
    const problems = withInput.flatMap(([path, { _def }]) => {
      try {
        goodInputs(_def.inputs[0] as z.ZodType, own[path]);
        return [];
      } catch (error) {
        return [`${path}: ${(error as Error).message}`];
      }
    });
    expect(problems).toEqual([]);
  });

  it('is the sender’s fault and says so, and nothing of it is stored', async () => {
    const before = await everything();
    const wrong: string[] = [];
    const tried = new Set<string>();
    const tries: [string, 'GET' | 'POST', string, string][] = [];
    for (const [path, { _def }] of withInput) {
      const schema = _def.inputs[0] as z.ZodType;
      for (const input of goodInputs(schema, {
        ...own[path],
        ...(path.startsWith('changes.') ? { id: changeId } : {}),
      })) {
        for (const place of placesOf(input)) {
          // Shapes of one input differ in a part; the others have been tried.
          const at = `${path} ${place.join('.')}`;
          if (tried.has(at)) continue;
          tried.add(at);
          for (const bad of badValues) {
            if (bad.text.length > 5_000 && place.length > 1 && !/document|facts/.test(at)) continue;
            const body = withBad(input, place, bad);
            // What fits after all is no bad input there: an odd text in a field of free text.
            if (bad.value !== undefined && !bad.what.startsWith('NUL') && !bad.what.startsWith('half'))
              if (_def.type === 'mutation' && !looks.test(path) && schema.safeParse(JSON.parse(body)).success) continue;
            tries.push([path, _def.type === 'query' ? 'GET' : 'POST', body, `${path} ${place.join('.')}: ${bad.what}`]);
          }
        }
      }
    }
    expect(tries.length).toBeGreaterThan(8_000);
    const next = tries.values();
    const work = async () => {
      for (const [path, method, body, what] of next) {
        const { status, ms } = await admin.send(method, path, body);
        if (status >= 500 || (status < 300 && method === 'POST' && !looks.test(path))) wrong.push(`${status} ${what}`);
        if (ms > 10_000) wrong.push(`${ms} ms ${what}`);
      }
    };
    await Promise.all([work(), work(), work(), work()]);
    expect(wrong).toEqual([]);
    expect(await everything()).toEqual(before);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  }, 300_000);
});
