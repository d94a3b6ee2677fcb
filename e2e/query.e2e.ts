import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasRedis, startTestRedis, type TestRedis } from '../scripts/testing/redis.ts';
import { createMerchant } from './system/merchant.ts';
import { type System, startSystem, until } from './system/processes.ts';

type Node = Awaited<ReturnType<System['startNode']>>;

describe.each(
  [{ profile: 'embedded' }, { profile: 'production' }].filter(({ profile }) => profile === 'embedded' || hasRedis),
)('two nodes for look-ups ($profile)', ({ profile }) => {
  let redis: TestRedis | undefined;
  let system: System;
  let nodes: Node[];
  let shop: ReturnType<typeof createMerchant>;

  beforeAll(async () => {
    redis = profile === 'production' ? await startTestRedis() : undefined;
    system = await startSystem({ env: { REDIS_URL: redis?.url ?? '' } });
    nodes = await Promise.all(['q1', 'q2'].map((name) => system.startNode(name, { ROLE: 'query' })));
    shop = createMerchant(system);
  });
  afterAll(async () => {
    await system?.stop();
    await redis?.stop();
  });

  const ask = (node: Node | undefined, path: string, init: RequestInit = {}) =>
    fetch(`${node?.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${system.demo.merchants[0]?.apiKey}`, ...init.headers },
    });

  it('never say something older than what either of them said before, while payments change', async () => {
    const payments = await Promise.all(Array.from({ length: 6 }, async () => (await shop.place()).body));
    const told = new Map<string, number>();
    const versionsSeen = new Set<string>();
    let going = true;
    const asked: Promise<void>[] = [];
    for (let asker = 0; asker < 12; asker++)
      asked.push(
        (async () => {
          for (let turn = asker; going; turn++) {
            const { id } = payments[(turn * 7 + asker) % payments.length] ?? { id: '' };
            const atLeast = told.get(id) ?? 0;
            const answer = await ask(nodes[turn % 2], `/v1/payments/${id}`);
            const version = Number(/^"1\.(\d+)"$/.exec(answer.headers.get('etag') ?? '')?.[1]);
            expect(version).toBeGreaterThanOrEqual(atLeast);
            expect((await answer.json()).id).toBe(id);
            told.set(id, Math.max(told.get(id) ?? 0, version));
            versionsSeen.add(`${id} ${version}`);
          }
        })(),
      );
    // Of these some are paid and refunded in parts, some closed, while everybody looks.
    await Promise.all(
      payments.map(async ({ id }, index) => {
        if (index % 3 === 2) return shop.close(id);
        await shop.pays(id);
        await shop.becomes(id, 'succeeded');
        for (let i = 0; i < 3; i++) await shop.refund(id, { amount: 100 + i });
      }),
    );
    going = false;
    await Promise.all(asked);
    expect(versionsSeen.size).toBeGreaterThan(payments.length * 2);
    // And in the end both know what was answered to the last change.
    // A refund's last news may come between two look-ups.
    for (const { id } of payments)
      await vi.waitFor(async () => {
        const last = await shop.find(id);
        for (const node of nodes) expect(await (await ask(node, `/v1/payments/${id}`)).json()).toEqual(last);
      }, 10_000);
    const metrics = await (await fetch(`${nodes[0]?.url}/metrics`)).text();
    for (const outcome of ['hit', 'miss'])
      expect(metrics).toMatch(new RegExp(`reads_total{outcome="${outcome}"} [1-9]`));
  });

  it('answer with 304 to a tag that the other one gave, until something changes', async () => {
    const { id } = (await shop.place()).body;
    const etag = (await ask(nodes[0], `/v1/payments/${id}`)).headers.get('etag') ?? '';
    const known = { headers: { 'if-none-match': etag } };
    expect((await ask(nodes[1], `/v1/payments/${id}`, known)).status).toBe(304);
    await shop.close(id);
    const changed = await ask(nodes[1], `/v1/payments/${id}`, known);
    expect([changed.status, (await changed.json()).status]).toEqual([200, 'closed']);
  });

  it('take nothing but look-ups, and say that they are well', async () => {
    for (const [path, status] of [
      ['/v1/payments', 405],
      ['/v1/payments/pay_00000000000000000000000000/close', 404],
      ['/v1/payments/pay_00000000000000000000000000/refunds', 404],
      ['/callbacks/wechat-pay/x', 404],
    ] as const)
      expect((await ask(nodes[0], path, { method: 'POST' })).status, path).toBe(status);
    for (const path of ['/trpc/me.get', '/api/auth/session'])
      expect((await ask(nodes[0], path)).status, path).toBe(404);
    for (const path of ['/healthz', '/readyz', '/metrics', '/v1/payments', '/v1/events', '/openapi.json'])
      expect((await ask(nodes[0], path)).status, path).toBe(200);
  });

  it('have a worker ask the channel, once however many want it, and answer at once', async () => {
    await system.faults({ callbacks: { mode: 'never' } });
    const { id } = (await shop.place()).body;
    await shop.pays(id);
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(nodes[0], `/v1/payments/${id}?sync=true`)));
    const said = answers.map(({ headers }) => headers.get('sync'));
    expect(said.filter((one) => one === 'asked').length).toBeLessThanOrEqual(1);
    expect(new Set(said)).toEqual(new Set(said.includes('asked') ? ['asked', 'too_soon'] : ['too_soon']));
    await until('news of it on both', async () => {
      const states = await Promise.all(
        nodes.map(async (node) => (await (await ask(node, `/v1/payments/${id}`)).json()).status),
      );
      return states.every((status) => status === 'succeeded');
    });
    await system.control('POST', '/reset');
  });
});
