import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';
import {
  everybodyGets,
  groupThatParts,
  halfGet,
  installUnleash,
  startUnleash,
  type Unleash,
} from './system/unleash.ts';

const installed = installUnleash();
if ('missing' in installed)
  console.error(`\n!!! unleash-server could not be installed: its suite is SKIPPED.\n!!! ${installed.missing}\n`);

const rejectAbove = (amount: number) =>
  JSON.stringify({
    rules: [
      {
        id: `above-${amount}`,
        conditions: { all: [{ fact: 'amount', operator: 'greaterThan', value: amount }] },
        event: { type: 'reject', params: { code: 'risk_single_limit' } },
      },
    ],
  });
const rules = 'tributary.rules.risk';

describe.skipIf('missing' in installed)('rules and switches from a real Unleash server', () => {
  let unleash: Unleash;
  let system: System;
  let database: pg.Client;
  let cafe: ReturnType<typeof createMerchant>;
  let books: ReturnType<typeof createMerchant>;

  beforeAll(async () => {
    if ('missing' in installed) return;
    unleash = await startUnleash(installed.folder);
    system = await startSystem({ env: { UNLEASH_URL: unleash.url, UNLEASH_TOKEN: unleash.token } });
    database = new pg.Client({ connectionString: system.databaseUrl });
    await database.connect();
    [cafe, books] = [createMerchant(system, 0), createMerchant(system, 1)];
  });
  afterAll(async () => {
    await database?.end();
    await system?.stop();
    await unleash?.stop();
  });

  const one = async (sql: string, values: unknown[] = []) => (await database.query(sql, values)).rows[0];
  const live = () =>
    one(`SELECT l.version, v.created_by, v.document FROM config_live l JOIN config_versions v USING (kind, object_id, version)
         WHERE kind = 'risk' AND object_id = 'main'`);
  const decisionOf = async (paymentId: string) =>
    (await one(`SELECT data FROM events WHERE payment_id = $1 AND kind = 'risk.decided'`, [paymentId])).data;
  const statusOf = async (shop: typeof cafe, amount: number) => (await shop.place({ amount })).body.status;
  const refusedBy = async (shop: typeof cafe, amount: number) =>
    (await shop.place({ amount })).body.failure?.code === 'risk_single_limit';

  it('starts with the rules in Postgres while Unleash says nothing of rules', async () => {
    expect((await live()).created_by).not.toBe('unleash');
    expect(await statusOf(cafe, 700)).toBe('processing');
  });

  it('decides by a changed payload soon after, and every decision names the version that it became', async () => {
    await unleash.create(rules);
    await unleash.decide(rules, everybodyGets(rejectAbove(600)));
    await unleash.switch(rules, 'on');
    await until('a payment refused by the rule from Unleash', () => refusedBy(cafe, 700));
    const { version, created_by, document } = await live();
    expect(created_by).toBe('unleash');
    expect(document).toEqual(JSON.parse(rejectAbove(600)));
    const { body } = await cafe.place({ amount: 700 });
    expect(await decisionOf(body.id)).toMatchObject({ ruleSetVersion: version, fired: [{ id: 'above-600' }] });

    const changed = Date.now();
    await unleash.decide(rules, everybodyGets(rejectAbove(800)));
    await until('a payment let through by the next payload', async () => (await statusOf(cafe, 700)) === 'processing');
    console.log(`a changed payload decided after ${Date.now() - changed} ms`);
    expect((await live()).version).toBe(version + 1);
  });

  it('refuses a payload that is no rule set, says why, and what runs stays', async () => {
    const before = await live();
    const wrong = {
      rules: [
        {
          id: 'x',
          conditions: { all: [{ fact: 'colour', operator: 'equal', value: 'red' }] },
          event: { type: 'reject' },
        },
      ],
    };
    await unleash.decide(rules, everybodyGets(JSON.stringify(wrong)));
    const state = await until('a refusal', async () => {
      const row = await one('SELECT refused FROM unleash_state');
      return row?.refused[rules];
    });
    expect(state.message).toMatch(/colour/);
    expect(await live()).toEqual(before);
    expect(await refusedBy(cafe, 900)).toBe(true);
    expect(
      await one(`SELECT result, object_id FROM audit_log WHERE action = 'unleash.follow' AND result = 'denied'`),
    ).toEqual({
      result: 'denied',
      object_id: rules,
    });
    await unleash.decide(rules, everybodyGets(rejectAbove(1_500)));
    await until('the next good payload', async () => (await statusOf(cafe, 900)) === 'processing');
    expect((await one('SELECT refused FROM unleash_state')).refused).toEqual({});
  });

  it('switches channels, services and functions off and on', async () => {
    const names = [
      'tributary.channel.wechat-pay',
      'tributary.service.wechat.native',
      'tributary.feature.refunds',
    ] as const;
    for (const name of names) {
      await unleash.create(name);
      await unleash.switch(name, 'on');
    }
    // Enough for a refund of a fen at every look, however long the switch takes to arrive.
    const paid = (await cafe.place({ amount: 1_000 })).body;
    await cafe.pays(paid.id);
    await cafe.becomes(paid.id, 'succeeded');

    await unleash.switch(names[0], 'off');
    const routeless = await until('no route', async () => {
      const { body } = await cafe.place();
      return body.failure?.code === 'no_route' && body;
    });
    const { data } = await one(`SELECT data FROM events WHERE payment_id = $1 AND kind = 'routing.planned'`, [
      routeless.id,
    ]);
    expect(
      new Set(
        data.candidates
          .filter((c: { channelId: string }) => c.channelId === 'wechat-pay')
          .map((c: { reason: string }) => c.reason),
      ),
    ).toEqual(new Set(['switched_off']));
    await unleash.switch(names[0], 'on');
    await until('the channel back', async () => (await statusOf(cafe, 100)) === 'processing');

    await unleash.switch(names[1], 'off');
    await until('the service away', async () => (await cafe.place()).body.code === 'service_unavailable');
    await unleash.switch(names[1], 'on');
    await until('the service back', async () => (await statusOf(cafe, 100)) === 'processing');

    await unleash.switch(names[2], 'off');
    await until('refunds away', async () => (await cafe.refund(paid.id, { amount: 1 })).status === 503);
    await unleash.switch(names[2], 'on');
    await until('refunds back', async () => (await cafe.refund(paid.id, { amount: 1 })).status === 201);
  });

  it('rolls a rule set out to half of the merchants, each always in the same half, and then to all', async () => {
    const before = await live();
    const group = groupThatParts(cafe.id, books.id);
    await unleash.decide(rules, halfGet(group, rejectAbove(1_500), rejectAbove(300)));
    await until('the canary', () => refusedBy(books, 400));
    const canary = await one(`SELECT id, created_by, plan FROM change_requests WHERE status = 'canary'`);
    expect(canary).toMatchObject({ created_by: 'unleash' });
    expect(canary.plan.canary.percent).toBeGreaterThan(40);
    expect(canary.plan.canary.percent).toBeLessThan(60);
    const decided = new Map<string, Set<number>>([
      [cafe.id, new Set()],
      [books.id, new Set()],
    ]);
    for (let i = 0; i < 10; i++)
      for (const shop of [cafe, books]) {
        const { body } = await shop.place({ amount: 400 });
        expect(body.status).toBe(shop === cafe ? 'processing' : 'rejected');
        decided.get(shop.id)?.add((await decisionOf(body.id)).ruleSetVersion);
      }
    expect([...(decided.get(cafe.id) ?? [])]).toEqual([before.version]);
    expect([...(decided.get(books.id) ?? [])]).toHaveLength(1);
    const [canaryVersion] = decided.get(books.id) ?? [];

    await unleash.decide(rules, everybodyGets(rejectAbove(300)));
    await until('the rule set in force for all', async () => (await live()).version === canaryVersion);
    expect(await refusedBy(cafe, 400)).toBe(true);
    expect(await one('SELECT status FROM change_requests WHERE id = $1', [canary.id])).toEqual({ status: 'verified' });
  });

  it('goes on when Unleash dies, and starts again without it: same rules, same switches', async () => {
    await unleash.switch('tributary.feature.refunds', 'off');
    const paid = (await cafe.place({ amount: 200 })).body;
    await cafe.pays(paid.id);
    await cafe.becomes(paid.id, 'succeeded');
    await until('refunds away', async () => (await cafe.refund(paid.id, { amount: 1 })).status === 503);
    const before = await live();
    await unleash.kill();
    expect(await refusedBy(cafe, 400)).toBe(true);
    expect(await statusOf(cafe, 200)).toBe('processing');
    await system.stopEngine('SIGKILL');
    await system.startEngine();
    expect(await live()).toEqual(before);
    expect(await refusedBy(cafe, 400)).toBe(true);
    expect(await statusOf(cafe, 200)).toBe('processing');
    expect((await cafe.refund(paid.id)).status).toBe(503);

    await unleash.start();
    await unleash.decide(rules, everybodyGets(rejectAbove(5_000)));
    await until('Unleash heard again', async () => (await statusOf(cafe, 4_000)) === 'processing', 40_000);
  });
});
