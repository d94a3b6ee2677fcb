import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveDocument } from '../scripts/testing/documents.ts';
import { type ConsoleUser, signIn } from './system/console-user.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

let system: System;
let db: pg.Client;
let author: ConsoleUser;
let approver: ConsoleUser;
let second: Awaited<ReturnType<System['startNode']>>;

type Rules = { rules: Record<string, unknown>[] };
type Made = { id: string; contentHash: string };
type Seen = { id: string; sentAt: number; status: number; outcome: string; merchant: string; node: string };

beforeAll(async () => {
  system = await startSystem({ env: { NODE_NAME: 'first' } });
  second = await system.startNode('second');
  db = new pg.Client({ connectionString: system.databaseUrl });
  await db.connect();
  author = await signIn(system, { role: 'admin', approver: false });
  approver = await signIn(system, { role: 'ops', approver: true });
});
afterAll(async () => {
  await db?.end();
  await second?.end('SIGTERM');
  await system?.stop();
});

/** The probe's payments are smaller than this, in fen; its payers are all different, so that no velocity rule joins in. */
const probeBelow = 1_000;
const nodes = () => [
  { name: 'first', url: system.urls.engine },
  { name: 'second', url: second.url },
];
const live = async (kind: string): Promise<number> =>
  (await db.query(`SELECT version FROM config_live WHERE kind = $1 AND object_id = 'main'`, [kind])).rows[0].version;

/** Both rule sets in one change: the probe's payments refused or not, and a mark in routing that says which version it was. */
async function approvedChange(
  title: string,
  blocks: boolean,
  planOf: (id: string) => object = () => ({}),
): Promise<Made> {
  const risk = (await liveDocument(db, 'risk', 'main')) as Rules;
  const routing = (await liveDocument(db, 'routing', 'main')) as Rules;
  const others = risk.rules.filter(({ id }) => id !== 'e2e-block');
  const rule = {
    id: 'e2e-block',
    name: 'probe',
    priority: 999,
    conditions: { all: [{ fact: 'amount', operator: 'lessThan', value: probeBelow }] },
    event: { type: 'reject', params: { code: 'risk_rejected' } },
  };
  const [first, ...rest] = routing.rules;
  const marked = { ...routing, rules: [{ ...first, name: title }, ...rest] };
  const item = async (kind: string, document: object) => ({
    kind,
    objectId: 'main',
    document,
    baseVersion: await live(kind),
  });
  const made = await author.call<Made>('changes.create', {
    title,
    reason: 'a rule for the test',
    items: [await item('risk', { ...risk, rules: blocks ? [...others, rule] : others }), await item('routing', marked)],
  });
  const { contentHash } = await author.call<Made>('changes.submit', {
    id: made.id,
    contentHash: made.contentHash,
    plan: planOf(made.id),
    acknowledgement: 'as they should be',
  });
  await approver.call('changes.approve', { id: made.id, contentHash });
  return { id: made.id, contentHash };
}

/** Payments over both nodes and all merchants until told to stop; none may fail. */
function startLoad(workers: number) {
  const shops = system.demo.merchants.flatMap((merchant, index) =>
    nodes().map((node) => ({
      merchant: merchant.id,
      node: node.name,
      shop: createMerchant({ ...system, urls: { ...system.urls, engine: node.url } }, index),
    })),
  );
  const seen: Seen[] = [];
  const startedAt = Date.now();
  let stopped = false;
  const done = Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let turn = worker; !stopped; turn++) {
        const one = shops[turn % shops.length];
        if (!one) throw new Error('no merchants');
        const sentAt = Date.now();
        const payer = { id: `probe-${randomUUID()}` };
        const { status, body } = await one.shop.place({ payer, amount: 100 + (turn % 900) });
        seen.push({ id: body.id, sentAt, status, outcome: body.status, merchant: one.merchant, node: one.node });
      }
    }),
  );
  const stop = async () => {
    stopped = true;
    await done;
  };
  return {
    seen,
    /** Ends whatever happened meanwhile: a test that fails must not leave its load to the next. */
    async until(what: string, read: () => Promise<boolean>): Promise<number> {
      await until(what, read, 40_000).finally(stop);
      return Math.round((seen.length / (Date.now() - startedAt)) * 1000);
    },
  };
}

/** The pair of versions that each payment was decided by. */
async function pairsOf(seen: readonly Seen[]) {
  const { rows } = await db.query(
    `SELECT r.payment_id AS id, r.node, (r.data ->> 'ruleSetVersion')::int AS risk, (p.data ->> 'ruleSetVersion')::int AS routing
     FROM events r LEFT JOIN events p ON p.payment_id = r.payment_id AND p.kind = 'routing.planned'
     WHERE r.kind = 'risk.decided' AND r.payment_id = ANY ($1)`,
    [seen.map(({ id }) => id)],
  );
  return new Map<string, { node: string; risk: number; routing: number | null }>(rows.map((row) => [row.id, row]));
}

describe('a change of configuration under load, on two nodes', () => {
  it('decides on both within a second, fails no payment and decides none by a mixture', async () => {
    const [oldRisk, oldRouting] = [await live('risk'), await live('routing')];
    const made = await approvedChange('all at once', true);
    const load = startLoad(48);
    const startedAt = Date.now();
    await until('some load', async () => load.seen.length > 500);
    const perSecondBefore = Math.round((load.seen.length / (Date.now() - startedAt)) * 1000);
    await author.call('changes.publish', made);
    const { rows } = await db.query('SELECT max(published_at) AS at FROM config_publications WHERE change_id = $1', [
      made.id,
    ]);
    const publishedAt = (rows[0].at as Date).getTime();
    const later = () => load.seen.filter(({ sentAt }) => sentAt > publishedAt + 1_000);
    const perSecond = await load.until('payments a second later, on both', async () =>
      nodes().every(({ name }) => later().filter(({ node }) => node === name).length >= 50),
    );

    expect(load.seen.filter(({ status }) => status !== 201)).toEqual([]);
    const pairs = await pairsOf(load.seen);
    expect(pairs.size).toBe(load.seen.length);
    const [newRisk, newRouting] = [await live('risk'), await live('routing')];
    expect([newRisk, newRouting]).toEqual([oldRisk + 1, oldRouting + 1]);
    for (const { id, outcome, node } of load.seen) {
      const pair = pairs.get(id);
      expect(pair?.node).toBe(node);
      // The new rules refuse all of these. The old ones route them, or refuse one for reasons of their own.
      if (pair?.risk === newRisk) expect({ outcome, ...pair }).toMatchObject({ outcome: 'rejected', routing: null });
      else expect(pair).toMatchObject({ risk: oldRisk, routing: outcome === 'rejected' ? null : oldRouting });
    }
    const isOld = ({ id }: Seen) => pairs.get(id)?.risk === oldRisk;
    expect(later().filter(isOld)).toEqual([]);
    const lastOld = Math.max(...load.seen.filter(isOld).map(({ sentAt }) => sentAt));
    console.log(
      JSON.stringify({
        perSecondBefore,
        perSecond,
        payments: load.seen.length,
        old: load.seen.filter(isOld).length,
        refusedByOld: load.seen.filter((one) => isOld(one) && one.outcome === 'rejected').length,
        secondLater: later().length,
        lastOldSentMsAfterPublication: lastOld - publishedAt,
      }),
    );
  });

  it('routes by the same change that lets a payment through, never by one of two', async () => {
    const [oldRisk, oldRouting] = [await live('risk'), await live('routing')];
    const made = await approvedChange('back again', false);
    const load = startLoad(12);
    await until('some load', async () => load.seen.length > 50);
    await author.call('changes.publish', made);
    await load.until('payments let through on both', async () =>
      nodes().every(
        ({ name }) => load.seen.filter(({ node, outcome }) => node === name && outcome !== 'rejected').length >= 20,
      ),
    );
    expect(load.seen.filter(({ status }) => status !== 201)).toEqual([]);
    const pairs = await pairsOf(load.seen);
    for (const { risk, routing } of pairs.values())
      expect([`${oldRisk}/null`, `${oldRisk + 1}/${oldRouting + 1}`]).toContain(`${risk}/${routing}`);
  });

  it('brings a canary to exactly its merchants, on both nodes, and to all when it is promoted', async () => {
    // By the published recipe, not by the engine's own code.
    const placeOf = (change: string, merchant: string) =>
      createHash('sha256').update(`${change}|${merchant}`).digest().readUInt32BE(0) / 2 ** 32;
    let percent = 0;
    const made = await approvedChange('for some', true, (change) => {
      const places = system.demo.merchants.map(({ id }) => placeOf(change, id)).sort((a, b) => a - b);
      percent = Math.min(99, Math.max(1, Math.ceil((places[0] ?? 0) * 100)));
      return { canary: { percent, minutes: 60 } };
    });
    const inside = (merchant: string) => placeOf(made.id, merchant) < percent / 100;
    const before = await live('risk');
    await author.call('changes.publish', made);
    expect(await live('risk')).toBe(before);
    const outcomes = async () => {
      const load = startLoad(6);
      await load.until('every merchant on both', async () => load.seen.length >= 36);
      return load.seen;
    };
    await until('the canary on both', async () =>
      (await outcomes()).every(({ merchant, outcome }) => (outcome === 'rejected') === inside(merchant)),
    );
    const seen = await outcomes();
    const pairs = await pairsOf(seen);
    for (const { id, merchant } of seen)
      expect(pairs.get(id)).toMatchObject(
        inside(merchant) ? { risk: before + 1, routing: null } : { risk: before, routing: await live('routing') },
      );
    expect(new Set(seen.map(({ node }) => node)).size).toBe(2);

    await approver.call('changes.promote', { id: made.id });
    await until('all', async () => (await outcomes()).every(({ outcome }) => outcome === 'rejected'));
    const { nodes: rows } = await author.ask<{ nodes: { id: string; behind: unknown[]; errors: unknown[] }[] }>(
      'nodes.list',
    );
    expect(rows.map(({ id }) => id).sort()).toEqual(['first', 'second']);
    await until('both say so', async () => {
      const { nodes: told } = await author.ask<{ nodes: { behind: unknown[]; errors: unknown[] }[] }>('nodes.list');
      return told.every(({ behind, errors }) => behind.length === 0 && errors.length === 0);
    });
    await author.call('changes.rollback', { id: made.id, reason: 'the test is done' });
    await until('the old rules', async () => (await outcomes()).every(({ outcome }) => outcome !== 'rejected'));
  });

  it('is all there or not at all when the node that publishes it is killed half-way', async () => {
    const made = await approvedChange('killed', true);
    const before = { risk: await live('risk'), routing: await live('routing') };
    // Holds the second of the two documents: the publication stands between its first write and its last.
    const holder = new pg.Client({ connectionString: system.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`SELECT 1 FROM config_live WHERE kind = 'routing' FOR UPDATE`);
    const publishing = author.call('changes.publish', made, second.url).then(
      () => 'published',
      () => 'cut off',
    );
    await until('the publication in the middle', async () => {
      const { rows } = await db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%tributary_publish%'`,
      );
      return rows.length > 0;
    });
    await second.end('SIGKILL');
    await holder.query('ROLLBACK');
    await holder.end();
    expect(await publishing).toBe('cut off');
    await until('its transaction gone', async () => {
      const { rows } = await db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%tributary_publish%' AND pid <> pg_backend_pid()`,
      );
      return rows.length === 0;
    });
    expect({ risk: await live('risk'), routing: await live('routing') }).toEqual(before);
    expect((await author.ask<{ status: string }>('changes.get', { id: made.id })).status).toBe('approved');
    const versions = await db.query('SELECT 1 FROM config_versions WHERE change_id = $1', [made.id]);
    expect(versions.rows).toEqual([]);

    second = await system.startNode('second');
    await author.call('changes.publish', made, second.url);
    expect({ risk: await live('risk'), routing: await live('routing') }).toEqual({
      risk: before.risk + 1,
      routing: before.routing + 1,
    });
  });
});
