import { withBuiltInLists } from '@tributary/contracts/list';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';
import { type Context, createCallerFactory } from '../../access/trpc.ts';
import { createAudit } from '../../config/audit.store.ts';
import type { ConfigSnapshot } from '../../config/snapshot.ts';
import { systemClock } from '../../platform/clock.ts';
import { createPool, type Pool } from '../../platform/db.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createListsRouter } from './lists.router.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'test' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query('DELETE FROM list_entries');
});

const snapshot = {
  lists: withBuiltInLists([
    { id: 'vip', name: 'VIP', subject: 'payer', effect: 'allow', description: 'good customers' },
  ]),
} as unknown as ConfigSnapshot;
let refreshed = 0;

function consoleOf(role: string) {
  const audit = createAudit(pool);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const router = createListsRouter({
    pool,
    audit,
    config: { current: () => snapshot },
    clock: systemClock,
    log,
    listFollower: { refresh: async () => void refreshed++ },
  } as unknown as AdminDeps);
  const context: Context = {
    viewer: {
      id: '1',
      email: `${role}@x.example`,
      name: role,
      role,
      approver: false,
      merchantId: undefined,
      locale: undefined,
    },
    requestId: 'req_1',
    ip: '127.0.0.1',
    userAgent: undefined,
    audit,
    log,
  };
  return createCallerFactory(router)(context);
}
const risk = () => consoleOf('risk');
const lastAudit = async () =>
  (
    await pool.query(
      'SELECT actor_id, action, object_id, result, reason, after FROM audit_log ORDER BY id DESC LIMIT 1',
    )
  ).rows[0];
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    (error) => error.cause?.code ?? error.code,
  );

describe('lists in the console', () => {
  it('shows what there is, with how many are on it', async () => {
    await risk().add({ list: 'payer', values: ['p1', 'p2'], reason: 'fraud' });
    const all = await consoleOf('auditor').all();
    expect(all.find(({ id }) => id === 'payer')).toMatchObject({
      builtIn: true,
      effect: 'block',
      entries: 2,
      expired: 0,
    });
    expect(all.find(({ id }) => id === 'vip')).toMatchObject({ builtIn: false, effect: 'allow', entries: 0 });
  });

  it('adds, corrects and removes, with who, when and why, and tells the node at once', async () => {
    const before = refreshed;
    const soon = Date.now() + 3_600_000;
    expect(
      await risk().add({
        list: 'ip',
        values: ['203.0.113.9/24', ' 203.0.113.0/24'],
        reason: 'proxies',
        expiresAt: soon,
      }),
    ).toEqual({
      added: 1,
      changed: 0,
      values: ['203.0.113.0/24'],
    });
    expect(refreshed).toBe(before + 1);
    expect(await lastAudit()).toMatchObject({
      actor_id: 'risk@x.example',
      action: 'lists.add',
      object_id: 'ip',
      result: 'ok',
      reason: 'proxies',
    });
    expect(await risk().add({ list: 'ip', values: ['203.0.113.0/24'], reason: 'still' })).toMatchObject({ changed: 1 });
    const { entries } = await risk().entries({ list: 'ip' });
    expect(entries).toMatchObject([
      { value: '203.0.113.0/24', reason: 'still', addedBy: 'risk@x.example', expiresAt: null },
    ]);
    expect(await risk().find({ subject: 'ip', value: '::ffff:203.0.113.77' })).toMatchObject([
      { list: 'ip', value: '203.0.113.0/24', reason: 'still' },
    ]);
    expect(await risk().remove({ list: 'ip', values: ['203.0.113.1/24'], reason: 'wrong' })).toEqual({
      removed: ['203.0.113.0/24'],
    });
    const { changes } = await risk().history({ list: 'ip', value: '203.0.113.0/24' });
    expect(changes.map(({ act, reason }) => [act, reason])).toEqual([
      ['removed', 'wrong'],
      ['changed', 'still'],
      ['added', 'proxies'],
    ]);
    expect(await risk().find({ subject: 'ip', value: '203.0.113.77', at: changes[1]?.at ?? 0 })).toHaveLength(1);
    expect(await risk().find({ subject: 'ip', value: '203.0.113.77' })).toEqual([]);
  });

  it('refuses what is no entry, naming it, and changes nothing', async () => {
    const error = await risk()
      .add({ list: 'ip', values: ['203.0.113.1', 'nonsense', '0.0.0.0/0'], reason: 'x' })
      .catch((caught) => caught.cause);
    expect(error).toMatchObject({ code: 'invalid_request' });
    expect(error.errors.map(({ path }: { path: string }) => path)).toEqual(['values.1', 'values.2']);
    expect(await codeOf(risk().add({ list: 'nowhere', values: ['x'], reason: 'x' }))).toBe('not_found');
    expect(await codeOf(risk().add({ list: 'payer', values: ['x'], reason: 'x', expiresAt: 1 }))).toBe(
      'invalid_request',
    );
    expect(await codeOf(risk().add({ list: 'payer', values: [], reason: 'x' }))).toBe('BAD_REQUEST');
    expect(await codeOf(risk().remove({ list: 'payer', values: ['x'], reason: 'x' }))).toBe('not_found');
    expect(await lastAudit()).toMatchObject({ action: 'lists.remove', result: 'failed' });
    expect(await codeOf(consoleOf('auditor').add({ list: 'payer', values: ['x'], reason: 'x' }))).toBe('forbidden');
    expect((await pool.query('SELECT count(*)::int AS n FROM list_entries')).rows[0].n).toBe(0);
  });

  it('pages through entries: newest first, or by the beginning of their value', async () => {
    // At once: many entries of one millisecond.
    await risk().add({ list: 'device', values: [0, 1, 2, 3, 4, 5, 6].map((i) => `d-${i % 2}-${i}`), reason: 'x' });
    const read = async (prefix?: string) => {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<ReturnType<typeof risk>['entries']>> = await risk().entries({
          list: 'device',
          limit: 2,
          cursor,
          ...(prefix ? { prefix } : {}),
        });
        seen.push(...page.entries.map(({ value }) => value));
        cursor = page.nextCursor;
      } while (cursor);
      return seen;
    };
    expect([...new Set(await read())].sort()).toEqual(['d-0-0', 'd-0-2', 'd-0-4', 'd-0-6', 'd-1-1', 'd-1-3', 'd-1-5']);
    expect(await read()).toHaveLength(7);
    expect(await read('d-1')).toEqual(['d-1-1', 'd-1-3', 'd-1-5']);
    expect(await read('d-\\%_')).toEqual([]);
    for (const cursor of ['x', '2026-99-99 00:00:00+00|x'])
      expect(await codeOf(risk().entries({ list: 'device', cursor }))).toBe('invalid_request');
  });

  it('imports a file as a whole: three bad lines are shown, and nothing is on the list before it is confirmed', async () => {
    await risk().add({ list: 'card_bin', values: ['622202'], reason: 'before' });
    const text = 'value,reason\n622202,leaked\n622203,leaked\nabc,x\n62220,x\n622203,again\n62220212,leaked\n';
    const preview = await risk().importFile({ list: 'card_bin', fileName: 'bins.csv', reason: 'from the bank', text });
    expect(preview).toMatchObject({
      added: 2,
      changed: 1,
      unchanged: 0,
      import: { state: 'ready', rows: 3, badLines: 3 },
    });
    expect(preview.import.problems.map(({ line }) => line)).toEqual([4, 5, 6]);
    const onList = async () => (await risk().entries({ list: 'card_bin' })).entries.length;
    expect(await onList()).toBe(1);
    const { id } = preview.import;
    expect(await codeOf(risk().importConfirm({ importId: id }))).toBe('conflict');
    expect(await onList()).toBe(1);
    expect(await risk().importConfirm({ importId: id, withoutBadLines: true })).toMatchObject({ added: 2, changed: 1 });
    expect(await onList()).toBe(3);
    expect(await lastAudit()).toMatchObject({ action: 'lists.import', object_id: 'card_bin', after: { leftOut: 3 } });
    expect(await codeOf(risk().importConfirm({ importId: id, withoutBadLines: true }))).toBe('conflict');
  });

  it('takes a file in parts cut anywhere, knows a part that comes twice, and refuses one that is missing', async () => {
    const lines = Array.from({ length: 3_000 }, (_, i) => `payer-${i},"because, of ""${i}"""`);
    const text = `value,reason\r\n${lines.join('\r\n')}`;
    const { importId } = await risk().importStart({ list: 'vip', fileName: 'vip.csv', reason: 'good' });
    const parts = [text.slice(0, 20_001), text.slice(20_001, 50_003), text.slice(50_003)];
    for (const [part, piece] of parts.entries()) {
      const once = await risk().importPart({ importId, part, text: piece, last: part === 2 });
      expect(await risk().importPart({ importId, part, text: piece, last: part === 2 })).toEqual(once);
      if (part === 0) {
        expect(await codeOf(risk().importPart({ importId, part: 2, text: 'x', last: false }))).toBe('conflict');
        expect(await codeOf(risk().importConfirm({ importId }))).toBe('conflict');
      }
    }
    expect(await risk().importPreview({ importId })).toMatchObject({
      added: 3_000,
      import: { rows: 3_000, badLines: 0 },
    });
    expect(await risk().importConfirm({ importId })).toMatchObject({ added: 3_000, changed: 0 });
    const read = await risk().history({ list: 'vip', value: 'payer-7' });
    expect(read.changes[0]).toMatchObject({ act: 'added', reason: 'because, of "7"', source: 'import' });
  });

  it('answers any text, in any place and cut anywhere, with entries or with what is wrong', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const nasty = fc.oneof(
      text,
      fc.constantFrom('\0', 'a\0b', '\ud83d', '\u202e', '%', "';--", '=1+1', '１２', 'x'.repeat(300)),
    );
    const known = ['ok', 'invalid_request', 'not_found', 'BAD_REQUEST', 'body_too_large'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('ip', 'payer', 'bank', 'card_bin'), nasty, nasty, async (list, one, other) => {
        const asked = await Promise.all([
          codeOf(risk().add({ list, values: [one], reason: other })),
          codeOf(risk().remove({ list, values: [one], reason: 'x' })),
          codeOf(risk().entries({ list, prefix: one, cursor: other })),
          codeOf(risk().find({ subject: list === 'card_bin' ? 'card_bin' : 'payer', value: one })),
          codeOf(risk().history({ list, value: one })),
          codeOf(risk().exportPage({ list, after: one })),
        ]);
        for (const code of asked) expect(known).toContain(code);
        const { importId } = await risk().importStart({ list, fileName: 'x.csv', reason: 'x' });
        const file = `${one}\n"${other}\n${one},${other}`;
        const cut = one.length + 2;
        expect(await codeOf(risk().importPart({ importId, part: 0, text: file.slice(0, cut), last: false }))).toBe(
          'ok',
        );
        expect(await codeOf(risk().importPart({ importId, part: 1, text: file.slice(cut), last: true }))).toBe('ok');
        await risk().importPreview({ importId });
      }),
      { numRuns: 150 },
    );
  });

  it('keeps characters whole that a part cuts in two', async () => {
    const { importId } = await risk().importStart({ list: 'vip', fileName: 'x.csv', reason: 'x' });
    const file = 'payer-𠮷,好';
    const half = file.indexOf('𠮷') + 1;
    await risk().importPart({ importId, part: 0, text: file.slice(0, half), last: false });
    await risk().importPart({ importId, part: 1, text: file.slice(half), last: true });
    await risk().importConfirm({ importId });
    expect((await risk().entries({ list: 'vip' })).entries).toMatchObject([{ value: 'payer-𠮷', reason: '好' }]);
  });

  it('throws an import away, and takes nothing of it', async () => {
    const preview = await risk().importFile({ list: 'vip', fileName: 'v.csv', reason: 'x', text: 'a\nb\n' });
    expect(await risk().importDiscard({ importId: preview.import.id })).toMatchObject({ state: 'discarded' });
    expect(await codeOf(risk().importConfirm({ importId: preview.import.id }))).toBe('conflict');
    const left = await pool.query('SELECT 1 FROM list_import_rows WHERE import_id = $1', [preview.import.id]);
    expect(left.rowCount).toBe(0);
    expect(
      await codeOf(risk().importFile({ list: 'vip', fileName: 'v.csv', reason: 'x', text: 'value,what\na,b' })),
    ).toBe('invalid_request');
  });

  it('exports what it imports again without a difference, with formulas made harmless', async () => {
    await risk().add({ list: 'payer', values: ['=1+1', '@sum', '-x', 'plain', 'a,b "c"'], reason: '+reason' });
    const { csv, next } = await risk().exportPage({ list: 'payer' });
    expect(next).toBeNull();
    expect(csv).toContain("'=1+1,'+reason");
    expect(csv).not.toMatch(/^[=@+-]/m);
    const again = await risk().importFile({ list: 'payer', fileName: 'back.csv', reason: 'x', text: csv });
    expect(again).toMatchObject({ added: 0, changed: 0, unchanged: 5, import: { badLines: 0 } });
    expect(await lastAudit()).toMatchObject({ action: 'lists.export' });
  });
});
