import { mainDocument } from '@tributary/contracts/config-kind';
import type { Pool, PoolClient } from '../../platform/db.ts';
import { newId } from '../../platform/ids.ts';
import type { Audit } from '../audit.store.ts';
import { insertChange, itemOf, tell, updateChange } from '../changes/change.store.ts';
import { putInCanary } from '../changes/put-in-force.ts';
import { contentHashOf } from '../content-hash.ts';
import type { DesiredRules, PayloadRules } from './desired-rules.ts';
import { rulesToggle } from './toggles.ts';

/** Who acts when Unleash does. */
export const unleashActor = { id: 'unleash', role: 'system', ip: undefined, userAgent: undefined };

type Kind = 'risk' | 'routing';
type Database = Pick<Pool | PoolClient, 'query'>;

/** A canary that runs because Unleash says so. */
export type OwnCanary = { changeId: string; contentHash: string; version: number; percent: number };

/** Where things stand for one kind of rules. */
export type FollowState = {
  /** What is in force for all; undefined when nothing was ever published. */
  live: string | undefined;
  /** What Unleash last put in force. Somebody may have published over it: that stays until Unleash says something new. */
  lastSaid: string | undefined;
  canary: OwnCanary | undefined;
  /** The canary that a person took back last: it does not come again by itself. */
  takenBack: string | undefined;
};

export type FollowAct =
  | { act: 'promote'; canary: OwnCanary }
  | { act: 'end_canary'; canary: OwnCanary }
  | { act: 'publish'; rules: PayloadRules }
  | { act: 'begin_canary'; rules: PayloadRules; percent: number };

/** What must be done so that what is in force is what Unleash wants. Pure. */
export function planActs({ live, lastSaid, canary, takenBack }: FollowState, desired: DesiredRules): FollowAct[] {
  const acts: FollowAct[] = [];
  const all = desired.all?.contentHash;
  const wanted = desired.canary?.rules.contentHash;
  let running = canary?.contentHash;
  let inForce = live;
  if (canary && running !== wanted) {
    if (running === all) {
      acts.push({ act: 'promote', canary });
      inForce = all;
    } else acts.push({ act: 'end_canary', canary });
    running = undefined;
  }
  if (desired.all && all !== inForce && all !== lastSaid) {
    acts.push({ act: 'publish', rules: desired.all });
    inForce = all;
  }
  if (desired.canary && running === undefined && wanted !== inForce && wanted !== takenBack)
    acts.push({ act: 'begin_canary', ...desired.canary });
  return acts;
}

export async function readState(database: Database, kind: Kind): Promise<FollowState> {
  const query = async (sql: string, values: unknown[] = [kind, mainDocument]) =>
    (await (database as Pool).query(sql, values)).rows[0];
  const live = await query(
    `SELECT v.document FROM config_live l JOIN config_versions v USING (kind, object_id, version)
     WHERE kind = $1 AND object_id = $2 AND v.document IS NOT NULL`,
  );
  const said = await query(
    `SELECT v.content_hash FROM config_publications p JOIN config_versions v USING (kind, object_id, version)
     WHERE kind = $1 AND object_id = $2 AND p.arm = 'all' AND p.published_by = $3 ORDER BY p.id DESC LIMIT 1`,
    [kind, mainDocument, unleashActor.id],
  );
  const change = await query(
    `SELECT c.id, c.status, i.content_hash, i.published_version, (c.plan -> 'canary' ->> 'percent')::int AS percent,
       (SELECT actor FROM change_events e WHERE e.change_id = c.id AND e.to_status = 'rolled_back' ORDER BY e.id DESC LIMIT 1) AS ended_by
     FROM change_requests c JOIN change_items i ON i.change_id = c.id
     WHERE c.created_by = $3 AND i.kind = $1 AND i.object_id = $2 ORDER BY c.created_at DESC, c.id DESC LIMIT 1`,
    [kind, mainDocument, unleashActor.id],
  );
  const own = change && {
    changeId: change.id,
    contentHash: change.content_hash,
    version: change.published_version,
    percent: change.percent,
  };
  return {
    live: live && contentHashOf(live.document),
    lastSaid: said?.content_hash,
    canary: change?.status === 'canary' ? own : undefined,
    takenBack:
      change?.status === 'rolled_back' && change.ended_by !== unleashActor.id ? change.content_hash : undefined,
  };
}

/**
 * Does what is to be done, in one transaction with its line in the audit log. Of several nodes that want the same at once
 * one acts; the others find it done.
 * @throws AppError conflict when a canary of somebody else is in the way
 */
export async function followRules(audit: Audit, kind: Kind, desired: DesiredRules): Promise<void> {
  await audit.audited(
    {
      actor: unleashActor,
      action: 'unleash.follow',
      objectType: 'rules',
      objectId: kind,
      reason: `toggle ${rulesToggle(kind)}`,
      after: {
        all: desired.all?.contentHash,
        canary: desired.canary?.rules.contentHash,
        percent: desired.canary?.percent,
      },
    },
    async (client) => {
      await client.query(`SELECT pg_advisory_xact_lock(hashtext('tributary_unleash'), hashtext($1))`, [kind]);
      for (const act of planActs(await readState(client, kind), desired)) await perform(client, kind, act);
    },
  );
}

async function perform(client: PoolClient, kind: Kind, act: FollowAct): Promise<void> {
  const note = `Unleash toggle ${rulesToggle(kind)}`;
  switch (act.act) {
    case 'publish':
      await client.query('SELECT tributary_publish($1, $2, $3, $4, $5, $6)', [
        kind,
        mainDocument,
        JSON.stringify(act.rules.document),
        unleashActor.id,
        note,
        act.rules.contentHash,
      ]);
      return;
    case 'promote': {
      const { changeId, version } = act.canary;
      await client.query('SELECT tributary_put_in_force($1, $2, $3, $4, $5)', [
        kind,
        mainDocument,
        version,
        unleashActor.id,
        changeId,
      ]);
      await endChange(client, changeId, 'verified');
      return;
    }
    case 'end_canary':
      await endChange(client, act.canary.changeId, 'rolled_back');
      return;
    case 'begin_canary': {
      const { rows } = await client.query('SELECT version FROM config_live WHERE kind = $1 AND object_id = $2', [
        kind,
        mainDocument,
      ]);
      const item = itemOf({
        kind,
        objectId: mainDocument,
        document: act.rules.document,
        baseVersion: rows[0]?.version ?? 0,
      });
      const change = await insertChange(
        client,
        {
          id: newId('chg'),
          title: `${note}: ${act.percent} % of merchants`,
          reason: 'A gradual rollout in Unleash',
          items: [item],
          // Nobody here approves it: who may do this is Unleash's to say.
          emergency: true,
          reverts: undefined,
          plan: planOf(act.percent),
        },
        unleashActor.id,
      );
      await putInCanary(client, change, act.percent, unleashActor.id);
      await updateChange(client, change.id, {
        status: 'canary',
        published_at: change.now,
        published_by: unleashActor.id,
      });
      await tell(client, change.id, unleashActor.id, 'start_canary', 'draft', 'canary', { percent: act.percent });
      return;
    }
    default:
      act satisfies never;
  }
}

async function endChange(client: PoolClient, id: string, status: 'verified' | 'rolled_back'): Promise<void> {
  await updateChange(client, id, { status });
  await tell(client, id, unleashActor.id, status === 'verified' ? 'verify' : 'roll_back', 'canary', status, {});
}

/** Unleash leads: no end by the clock, and nothing is taken back by the watch. */
const planOf = (percent: number) => ({
  canary: { percent, minutes: 10_080 },
  watch: {
    minutes: 1_440,
    thresholds: { maxSuccessDrop: 100, maxRejectRise: 100, maxErrorRise: 100, minPayments: 1_000_000 },
    autoRollback: false,
  },
});
