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
    { id: 'regulars', name: 'Regulars', subject: 'payer', effect: 'watch' },
  ]),
} as unknown as ConfigSnapshot;
let refreshed = 0;
let busyWith: Promise<void> = Promise.resolve();

function consoleOf(role: string, { name = role, approver = false } = {}) {
  const audit = createAudit(pool);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const router = createListsRouter({
    pool,
    audit,
    config: { current: () => snapshot },
    clock: systemClock,
    log,
    listFollower: { refresh: () => busyWith.then(() => void refreshed++) },
  } as unknown as AdminDeps);
  const context: Context = {
    viewer: {
      id: '1',
      email: `${name}@x.example`,
      name,
      role,
      approver,
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

  it('answers although the node is busy with a large import', async () => {
    busyWith = new Promise(() => undefined);
    expect(await risk().add({ list: 'device', values: ['stolen'], reason: 'stolen' })).toMatchObject({ added: 1 });
    busyWith = Promise.resolve();
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
      waiting: null,
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
    const { importId } = await risk().importStart({ list: 'regulars', fileName: 'vip.csv', reason: 'good' });
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
    const read = await risk().history({ list: 'regulars', value: 'payer-7' });
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
  }, 120_000);

  it('keeps characters whole that a part cuts in two', async () => {
    const { importId } = await risk().importStart({ list: 'regulars', fileName: 'x.csv', reason: 'x' });
    const file = 'payer-𠮷,好';
    const half = file.indexOf('𠮷') + 1;
    await risk().importPart({ importId, part: 0, text: file.slice(0, half), last: false });
    await risk().importPart({ importId, part: 1, text: file.slice(half), last: true });
    await risk().importConfirm({ importId });
    expect((await risk().entries({ list: 'regulars' })).entries).toMatchObject([{ value: 'payer-𠮷', reason: '好' }]);
  });

  it('throws an import away, and takes nothing of it', async () => {
    const preview = await risk().importFile({ list: 'regulars', fileName: 'v.csv', reason: 'x', text: 'a\nb\n' });
    expect(await risk().importDiscard({ importId: preview.import.id })).toMatchObject({ state: 'discarded' });
    expect(await codeOf(risk().importConfirm({ importId: preview.import.id }))).toBe('conflict');
    const left = await pool.query('SELECT 1 FROM list_import_rows WHERE import_id = $1', [preview.import.id]);
    expect(left.rowCount).toBe(0);
    expect(
      await codeOf(risk().importFile({ list: 'regulars', fileName: 'v.csv', reason: 'x', text: 'value,what\na,b' })),
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

describe('a list that lets payments through', () => {
  const vip = { id: 'vip', name: 'VIP', subject: 'payer', effect: 'allow' };
  const publish = (document: { id: string }) =>
    pool.query(`SELECT tributary_publish('list', $1, $2, 'test')`, [document.id, JSON.stringify(document)]);
  const ann = () => consoleOf('risk', { name: 'ann', approver: true });
  const ben = () => consoleOf('ops', { name: 'ben', approver: true });
  const entries = async () =>
    (await pool.query(`SELECT value, created_by, approved_by FROM list_entries WHERE list = 'vip' ORDER BY value`))
      .rows;
  beforeAll(() => publish(vip));
  beforeEach(() => pool.query(`DELETE FROM list_imports`));

  it('takes an entry only when somebody else approves it', async () => {
    const { waiting, added } = await ann().add({ list: 'vip', values: ['p1', 'p2'], reason: 'old friends' });
    expect([added, typeof waiting]).toEqual([0, 'string']);
    expect(await entries()).toEqual([]);
    expect(await lastAudit()).toMatchObject({ action: 'lists.ask', object_id: 'vip', actor_id: 'ann@x.example' });
    const importId = waiting ?? '';
    // It waits for another approver, not for her, and not for who approves nothing.
    expect(await ben().toApprove()).toEqual({ toApprove: 1 });
    expect(await ann().toApprove()).toEqual({ toApprove: 0 });
    expect(await consoleOf('auditor').toApprove()).toEqual({ toApprove: 0 });
    expect(await consoleOf('risk').waiting({})).toMatchObject([
      {
        importId,
        list: 'vip',
        rows: 2,
        createdBy: 'ann@x.example',
        isMine: false,
        first: [{ value: 'p1' }, { value: 'p2' }],
      },
    ]);
    expect(await codeOf(ann().approve({ importId }))).toBe('forbidden');
    expect(await codeOf(consoleOf('risk', { name: 'cho' }).approve({ importId }))).toBe('forbidden');
    expect(await codeOf(ann().importConfirm({ importId }))).toBe('conflict');
    expect(await entries()).toEqual([]);
    expect(await ben().approve({ importId, comment: 'known to me' })).toEqual({ list: 'vip', added: 2, changed: 0 });
    expect(await entries()).toEqual([
      { value: 'p1', created_by: 'ann@x.example', approved_by: 'ben@x.example' },
      { value: 'p2', created_by: 'ann@x.example', approved_by: 'ben@x.example' },
    ]);
    expect(await codeOf(ben().approve({ importId }))).toBe('conflict');
    expect(await ann().waiting({ list: 'vip' })).toEqual([]);
    // Off again by one person: whoever is off is treated like everybody else.
    expect((await ann().remove({ list: 'vip', values: ['p1', 'p2'], reason: 'no more' })).removed).toHaveLength(2);
  });

  it('takes a file only when neither who sent it nor who asked for it approves it', async () => {
    const { import: file } = await ann().importFile({ list: 'vip', fileName: 'v.csv', reason: 'x', text: 'a\nb\n' });
    const asker = consoleOf('admin', { name: 'cho', approver: true });
    expect(await asker.importConfirm({ importId: file.id })).toMatchObject({ added: 0, waiting: true });
    for (const who of [ann(), asker]) expect(await codeOf(who.approve({ importId: file.id }))).toBe('forbidden');
    expect(await entries()).toEqual([]);
    await ben().refuse({ importId: file.id, reason: 'who are they' });
    expect(await codeOf(ben().approve({ importId: file.id }))).toBe('conflict');
    expect(await entries()).toEqual([]);
  });

  it('takes no longer life of an entry from one person either', async () => {
    const { waiting } = await ann().add({
      list: 'vip',
      values: ['p1'],
      reason: 'for a day',
      expiresAt: Date.now() + 1e8,
    });
    await ben().approve({ importId: waiting ?? '' });
    expect((await ann().add({ list: 'vip', values: ['p1'], reason: 'for ever' })).waiting).not.toBeNull();
    expect((await ann().entries({ list: 'vip' })).entries).toMatchObject([{ reason: 'for a day' }]);
  });

  it('is not filled behind the console, nor made of a list that one person filled', async () => {
    const put = (approvedBy: string | null) =>
      pool.query(
        `INSERT INTO list_entries (list, value, reason, created_by, approved_by) VALUES ('vip', 'x', 'r', 'ann', $1)`,
        [approvedBy],
      );
    for (const nobody of [null, 'ann'])
      await expect(put(nobody)).rejects.toMatchObject({ constraint: 'list_entries_two_for_allow' });
    await put('ben');
    await expect(
      pool.query(`UPDATE list_entries SET approved_by = NULL, expires_at = NULL WHERE list = 'vip'`),
    ).rejects.toMatchObject({ constraint: 'list_entries_two_for_allow' });
    await publish({ ...vip, id: 'fresh', effect: 'block' } as { id: string });
    await pool.query(`INSERT INTO list_entries (list, value, reason, created_by) VALUES ('fresh', 'x', 'r', 'ann')`);
    await expect(publish({ ...vip, id: 'fresh' })).rejects.toMatchObject({
      constraint: 'config_publications_allow_over_entries',
    });
  });

  it('does not become one while an entry is on its way onto it, whoever comes first', async () => {
    for (let round = 0; round < 20; round++) {
      const id = `race-${round}`;
      await publish({ ...vip, id, effect: 'block' } as { id: string });
      await Promise.allSettled([
        publish({ ...vip, id }),
        pool.query(`INSERT INTO list_entries (list, value, reason, created_by) VALUES ($1, 'x', 'r', 'ann')`, [id]),
      ]);
      const { rows } = await pool.query(
        `SELECT tributary_list_allows($1) AS allows, count(*)::int AS lone FROM list_entries WHERE list = $1`,
        [id],
      );
      expect(rows[0].allows && rows[0].lone > 0).toBe(false);
    }
  });
});
