import type { TestCase, TestCaseResult } from '@tributary/contracts/test-case';
import { AppError } from '../../../platform/app-error.ts';
import type { Pool, PoolClient } from '../../../platform/db.ts';
import { newId } from '../../../platform/ids.ts';
import { misfitsOfFacts, runCases } from './run-cases.ts';

/** A stored case, with who changed it last and when (Unix ms). */
export type StoredCase = TestCase & { id: string; updatedBy: string; updatedAt: number };

/** More would make every publish wait. */
export const maxCases = 2_000;

type Row = Record<string, unknown>;

/** By name. */
export async function listCases(
  database: Pick<Pool | PoolClient, 'query'>,
  kind: 'risk' | 'routing',
): Promise<StoredCase[]> {
  const { rows } = await (database as Pool).query(
    `SELECT id, kind, name, facts, candidates, expect, updated_by, updated_at FROM config_tests WHERE kind = $1 ORDER BY name, id`,
    [kind],
  );
  return rows.map(parseCase);
}

const parseCase = (row: Row): StoredCase => ({
  id: row.id as string,
  kind: row.kind as TestCase['kind'],
  name: row.name as string,
  facts: row.facts as TestCase['facts'],
  ...(row.candidates === null ? {} : { candidates: row.candidates as NonNullable<TestCase['candidates']> }),
  expect: row.expect as TestCase['expect'],
  updatedBy: row.updated_by as string,
  updatedAt: (row.updated_at as Date).getTime(),
});

/**
 * Adds a case, or changes the one whose id it names.
 * @throws AppError not_found, conflict (the name is taken, or there are too many)
 */
export async function saveCase(client: PoolClient, test: TestCase, actor: string): Promise<{ id: string }> {
  const misfits = misfitsOfFacts(test.kind, test.facts);
  if (misfits.length > 0)
    throw new AppError('invalid_request', `${misfits[0]?.path} does not fit: no rules could be tried on it`, {
      errors: misfits.map(({ path, expected, actual }) => ({ path, message: `must be ${expected}, not ${actual}` })),
    });
  await client.query(`SELECT pg_advisory_xact_lock(hashtext('tributary_config_tests'))`);
  const { rows } = await client.query(
    `SELECT count(*)::int AS count, bool_or(name = $2 AND id IS DISTINCT FROM $3) AS taken, bool_or(id = $3) AS known
     FROM config_tests WHERE kind = $1`,
    [test.kind, test.name, test.id ?? null],
  );
  const { count, taken, known } = rows[0];
  if (test.id !== undefined && known !== true) throw new AppError('not_found', `there is no test case ${test.id}`);
  if (taken === true)
    throw new AppError('conflict', `another test case is called ${test.name}`, {
      errors: [{ path: 'name', message: 'is taken' }],
    });
  if (test.id === undefined && count >= maxCases) throw new AppError('conflict', `there are ${maxCases} test cases`);
  const id = test.id ?? newId('tc');
  await client.query(
    `INSERT INTO config_tests (id, kind, name, facts, candidates, expect, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (id) DO UPDATE SET name = $3, facts = $4, candidates = $5, expect = $6, updated_by = $7, updated_at = now()`,
    [
      id,
      test.kind,
      test.name,
      JSON.stringify(test.facts),
      test.candidates === undefined ? null : JSON.stringify(test.candidates),
      JSON.stringify(test.expect),
      actor,
    ],
  );
  return { id };
}

/** @throws AppError not_found */
export async function removeCase(client: PoolClient, kind: TestCase['kind'], id: string): Promise<{ name: string }> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtext('tributary_config_tests'))`);
  const { rows } = await client.query('DELETE FROM config_tests WHERE kind = $1 AND id = $2 RETURNING name', [
    kind,
    id,
  ]);
  if (!rows[0]) throw new AppError('not_found', `there is no test case ${id}`);
  return { name: rows[0].name };
}

/**
 * Runs every stored case of a kind on a document: what the gate before a publish asks.
 * @throws InvalidRules
 */
export async function runTests(
  database: Pick<Pool | PoolClient, 'query'>,
  kind: TestCase['kind'],
  document: unknown,
): Promise<{ passed: number; failed: number; results: TestCaseResult[] }> {
  const results = await runCases(kind, document, await listCases(database, kind));
  const failed = results.filter(({ ok }) => !ok).length;
  return { passed: results.length - failed, failed, results };
}
