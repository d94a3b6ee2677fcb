import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { liveDocument, publishDocument } from '../../../../../scripts/testing/documents.ts';
import { createTestDatabase, type TestDatabase } from '../../../../../scripts/testing/test-database.ts';

let database: TestDatabase;
let db: pg.Client;
const change = (id: string) => `chg_${id.padEnd(26, '0')}`;
const hash = (letter: string) => letter.repeat(64);

beforeAll(async () => {
  database = await createTestDatabase();
  db = new pg.Client(database.url);
  await db.connect();
});
beforeEach(async () => {
  await db.query('BEGIN');
});
afterAll(async () => {
  await db.end();
  await database.drop();
});

const begin = (id: string, own: { emergency?: boolean } = {}) =>
  db.query(
    `INSERT INTO change_requests (id, title, reason, content_hash, authors, created_by, emergency, submitted_at)
     VALUES ($1, 't', 'why', $2, '{ann}', 'ann', $3, now())`,
    [change(id), hash('a'), own.emergency ?? false],
  );
const approve = (id: string, by: string, contentHash = hash('a')) =>
  db.query(`INSERT INTO change_approvals (change_id, content_hash, verdict, by) VALUES ($1, $2, 'approve', $3)`, [
    change(id),
    contentHash,
    by,
  ]);
const set = (id: string, sql: string) => db.query(`UPDATE change_requests SET ${sql} WHERE id = $1`, [change(id)]);
/** What the database says no by; the transaction goes on. */
async function refusal(act: () => Promise<unknown>): Promise<string> {
  await db.query('SAVEPOINT before');
  const constraint = await act().then(
    () => 'nothing',
    (error) => error.constraint as string,
  );
  await db.query('ROLLBACK TO before');
  return constraint;
}
const inForce = `status = 'watching', published_at = now()`;

describe('the database itself, with plain SQL and no code above it', () => {
  it.each(['approved', 'scheduled', 'canary', 'watching', 'verified'])(
    'lets nothing be %s unapproved',
    async (status) => {
      await begin('A');
      const to = `status = '${status}', published_at = now(), publish_at = now(), plan = '{}'`;
      expect(await refusal(() => set('A', to))).toBe('change_requests_approved_first');
      await approve('A', 'ben', hash('b'));
      expect(await refusal(() => set('A', to))).toBe('change_requests_approved_first');
      await approve('A', 'ben');
      expect(await refusal(() => set('A', to))).toBe('nothing');
      await db.query('ROLLBACK');
    },
  );

  it('counts no approval by who wrote it, whenever they wrote it', async () => {
    await begin('A');
    expect(await refusal(() => approve('A', 'ann'))).toBe('change_approvals_four_eyes');
    await approve('A', 'ben');
    await set('A', `authors = '{ann,ben}'`);
    expect(await refusal(() => set('A', inForce))).toBe('change_requests_approved_first');
    expect(await refusal(() => set('A', `authors = '{ann}'`))).toBe('change_requests_authors_stay');
    await db.query('ROLLBACK');
  });

  it('counts no approval from before the last submission, and none of another content', async () => {
    await begin('A');
    await approve('A', 'ben');
    expect(await refusal(() => set('A', `${inForce}, content_hash = '${hash('c')}'`))).toBe(
      'change_requests_approved_first',
    );
    await set('A', `submitted_at = now() + interval '1 second'`);
    expect(await refusal(() => set('A', inForce))).toBe('change_requests_approved_first');
    await db.query('ROLLBACK');
  });

  it('lets an emergency go without, and nothing become one later or begin as approved', async () => {
    await begin('A', { emergency: true });
    expect(await refusal(() => set('A', inForce))).toBe('nothing');
    await begin('B');
    expect(await refusal(() => set('B', 'emergency = true'))).toBe('change_requests_emergency_stays');
    const insert = () =>
      db.query(
        `INSERT INTO change_requests (id, title, reason, status, content_hash, authors, created_by) VALUES ($1, 't', 'r', 'approved', 'h', '{x}', 'x')`,
        [change('C')],
      );
    expect(await refusal(insert)).toBe('change_requests_begin_as_draft');
    await db.query('ROLLBACK');
  });

  it.each(['config_versions', 'config_publications', 'change_approvals', 'change_events'])(
    'never changes or deletes a row of %s',
    async (table) => {
      await begin('A');
      await approve('A', 'ben');
      await publishDocument(db, 'limit', 'day', { id: 'day' });
      await db.query(
        `INSERT INTO change_events (change_id, actor, kind) SELECT id, 'ann', 'created' FROM change_requests`,
      );
      const column = table.startsWith('config') ? 'kind' : 'change_id';
      for (const sql of [`UPDATE ${table} SET ${column} = ${column}`, `DELETE FROM ${table}`]) {
        await db.query('SAVEPOINT before');
        await expect(db.query(sql)).rejects.toThrow(/append-only/);
        await db.query('ROLLBACK TO before');
      }
      await db.query('ROLLBACK');
    },
  );

  it('takes documents with quotes, backslashes and any letters', async () => {
    const document = { id: 'day', name: 'say "no" \\ 早安 \\x41 \u0007' };
    await publishDocument(db, 'limit', 'day', document);
    expect(await liveDocument(db, 'limit', 'day')).toEqual(document);
    await db.query('ROLLBACK');
  });
});
