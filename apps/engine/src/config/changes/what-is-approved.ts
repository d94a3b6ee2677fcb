import { type PublishPlan, publishPlanSchema } from '@tributary/contracts/change';
import type { ConfigKind } from '@tributary/contracts/config-kind';
import { AppError } from '../../platform/app-error.ts';
import type { Pool, PoolClient } from '../../platform/db.ts';
import { canonicalJson, contentHashOf } from '../content-hash.ts';

/** How a change is published that says nothing of it: at once, for all, watched for a while. */
export const defaultPlan: PublishPlan = publishPlanSchema.parse({});

type Content = {
  items: readonly { kind: ConfigKind; objectId: string; contentHash: string; baseVersion: number }[];
  plan: PublishPlan | undefined;
};

/**
 * What an approval is bound to, as one hash: every document and the version that it was written on, how it is to be
 * published, and the test cases that its rules have to pass.
 */
export async function hashOfChange(client: Pool | PoolClient, { items, plan = defaultPlan }: Content): Promise<string> {
  const rules = items.map(({ kind }) => kind).filter((kind) => kind === 'risk' || kind === 'routing');
  return contentHashOf({
    items: items
      .map(({ kind, objectId, contentHash, baseVersion }) => [`${kind}/${objectId}`, contentHash, baseVersion] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    plan,
    tests: rules.length === 0 ? null : await hashOfTests(client, rules),
  });
}

async function hashOfTests(client: Pool | PoolClient, kinds: readonly string[]): Promise<string> {
  const { rows } = await client.query(
    `SELECT encode(sha256(convert_to(coalesce(string_agg(
       jsonb_build_array(kind, id, name, facts, candidates, expect)::text, ',' ORDER BY id), ''), 'UTF8')), 'hex') AS hash
     FROM config_tests WHERE kind = ANY ($1)`,
    [kinds],
  );
  return rows[0].hash;
}

/** Nobody writes test cases until the caller's transaction ends. */
export const holdTests = (client: PoolClient) =>
  client.query(`SELECT pg_advisory_xact_lock(hashtext('tributary_config_tests'))`);

/** What was submitted is no longer what would be published: its approval counts for nothing. */
export class NotAsSubmitted extends AppError {
  constructor() {
    super('conflict', 'the test cases were changed since the change was submitted: submit it again');
  }
}

/** Documents and plan can't change without an edit, which takes the approval with it; test cases can. */
export const isAsSubmitted = async (
  client: Pool | PoolClient,
  change: Content & { contentHash: string },
): Promise<boolean> => (await hashOfChange(client, change)) === change.contentHash;

/** @throws AppError conflict */
export function refuseOtherPlan({ plan: approved = defaultPlan }: Pick<Content, 'plan'>, plan: PublishPlan): void {
  if (canonicalJson(approved) === canonicalJson(plan)) return;
  throw new AppError('conflict', 'this is not the plan that was approved: edit the change and submit it again', {
    errors: [{ path: 'plan', message: 'is not the one that was approved' }],
  });
}
