import { approvalHours, type ChangeStatus, type listChangesSchema, rollbackHours } from '@tributary/contracts/change';
import type { ConfigKind } from '@tributary/contracts/config-kind';
import type * as z from 'zod';
import { type Change, liveVersions, mustFindChange } from '../../config/changes/change.store.ts';
import type { ItemCheck } from '../../config/changes/gate.ts';
import { afterAct, type ChangeAct } from '../../config/changes/transition.ts';
import { isAsSubmitted } from '../../config/changes/what-is-approved.ts';
import type { ConfigKinds } from '../../config/kinds.ts';
import type { Pool } from '../../platform/db.ts';
import type { Clock } from '../../platform/ports/clock.ts';

/** Who looks at a change, as far as what they may do to it is concerned. */
export type ChangeViewer = {
  id: string;
  mayApprove: boolean;
  mayPublish: boolean;
  mayEmergency: boolean;
  mayWrite: (kind: ConfigKind) => boolean;
};

/** Whether somebody may do something now, and if not, why: a stable code for the console to say. */
export type Possible = { act: string; may: boolean; why: WhyNot | undefined };
export type WhyNot =
  | 'status'
  | 'author'
  | 'permission'
  | 'overtaken'
  | 'tests_changed'
  | 'approval_too_old'
  | 'too_late';

/** The changes as the console shows them. */
export function createChangeReads({ pool, kinds, clock }: { pool: Pool; kinds: ConfigKinds; clock: Clock }) {
  async function list(input: z.output<typeof listChangesSchema>, viewer: string) {
    // To the microsecond, or changes made in one millisecond would be skipped.
    const [at, id] = input.cursor?.split('~') ?? [];
    const { rows } = await pool.query(
      `SELECT c.id, c.title, c.status, c.created_by, c.created_at, c.updated_at, c.publish_at, c.published_at, c.stage_ends_at,
         c.approved_at, c.emergency, c.review_open, c.authors,
         (extract(epoch FROM c.created_at) * 1000000)::bigint AS created_us,
         (SELECT jsonb_agg(i.kind || '/' || i.object_id ORDER BY 1) FROM change_items i WHERE i.change_id = c.id) AS refs
       FROM change_requests c
       WHERE ($1::text IS NULL OR c.status = $1)
         AND ($2 <> 'mine' OR $3 = ANY (c.authors))
         AND ($2 <> 'to_approve' OR ((c.status = 'in_review' OR c.review_open) AND NOT ($3 = ANY (c.authors))))
         AND ($4::bigint IS NULL OR (c.created_at, c.id) < (timestamptz 'epoch' + $4 * interval '1 microsecond', $5))
       ORDER BY c.created_at DESC, c.id DESC LIMIT $6`,
      [input.status ?? null, input.show, viewer, at ?? null, id ?? null, input.limit + 1],
    );
    const page = rows.slice(0, input.limit);
    const last = page.at(-1);
    return {
      changes: page.map((row) => ({
        id: row.id as string,
        title: row.title as string,
        status: row.status as ChangeStatus,
        createdBy: row.created_by as string,
        createdAt: (row.created_at as Date).getTime(),
        updatedAt: (row.updated_at as Date).getTime(),
        publishAt: timeOf(row.publish_at),
        publishedAt: timeOf(row.published_at),
        stageEndsAt: timeOf(row.stage_ends_at),
        emergency: row.emergency as boolean,
        reviewOpen: row.review_open as boolean,
        refs: (row.refs ?? []) as string[],
      })),
      nextCursor: rows.length > input.limit && last ? `${last.created_us}~${last.id}` : null,
    };
  }

  async function countToApprove(viewer: string): Promise<number> {
    const { rows } = await pool.query(
      `SELECT count(*)::int AS waiting FROM change_requests WHERE (status = 'in_review' OR review_open) AND NOT ($1 = ANY (authors))`,
      [viewer],
    );
    return rows[0].waiting;
  }

  /** @throws AppError not_found */
  const find = (id: string): Promise<Change> => mustFindChange(pool, id);

  async function inspect(id: string, check: (change: Change) => Promise<ItemCheck[]>) {
    return { items: await check(await find(id)) };
  }

  async function get(id: string, viewer: ChangeViewer) {
    const change = await find(id);
    const [live, bases, approvals, events, backtests] = await Promise.all([
      liveVersions(pool, change.items),
      documentsAt(change),
      pool.query(
        'SELECT verdict, by, comment, at, content_hash FROM change_approvals WHERE change_id = $1 ORDER BY id',
        [id],
      ),
      pool.query(
        'SELECT at, actor, kind, from_status, to_status, data FROM change_events WHERE change_id = $1 ORDER BY id',
        [id],
      ),
      pool.query(
        `SELECT DISTINCT ON (content_hash) id, kind, content_hash, state, created_at FROM backtest_runs
         WHERE content_hash = ANY ($1) ORDER BY content_hash, created_at DESC`,
        [change.items.map(({ contentHash }) => contentHash)],
      ),
    ]);
    const waits = ['in_review', 'approved', 'scheduled'].includes(change.status);
    const testsChanged = waits && !(await isAsSubmitted(pool, change));
    const inForce = ['canary', 'watching', 'verified', 'rolled_back'].includes(change.status);
    const items = [];
    for (const [index, item] of change.items.entries()) {
      const { base, now } = bases[index] ?? { base: null, now: null };
      const liveVersion = live[index] ?? 0;
      const overtaken = !inForce && liveVersion !== item.baseVersion;
      const run = backtests.rows.find(({ content_hash }) => content_hash === item.contentHash);
      items.push({
        kind: item.kind,
        objectId: item.objectId,
        document: item.document,
        baseVersion: item.baseVersion,
        baseDocument: base,
        liveVersion,
        publishedVersion: item.publishedVersion ?? null,
        words: await kinds.wordsOf(item.kind, item.objectId, base, item.document),
        /** What was published meanwhile and would be lost. */
        overtaken: overtaken
          ? { liveVersion, liveDocument: now, lost: await kinds.wordsOf(item.kind, item.objectId, base, now) }
          : null,
        backtest: run
          ? { id: run.id as string, state: run.state as string, createdAt: (run.created_at as Date).getTime() }
          : null,
      });
    }
    return {
      id: change.id,
      title: change.title,
      reason: change.reason,
      status: change.status,
      contentHash: change.contentHash,
      authors: change.authors,
      createdBy: change.createdBy,
      createdAt: change.createdAt.getTime(),
      updatedAt: change.updatedAt.getTime(),
      submittedAt: timeOf(change.submittedAt),
      approvedAt: timeOf(change.approvedAt),
      approvalEndsAt: change.approvedAt ? change.approvedAt.getTime() + approvalHours * 3_600_000 : null,
      publishedAt: timeOf(change.publishedAt),
      publishedBy: change.publishedBy ?? null,
      publishAt: timeOf(change.publishAt),
      stageEndsAt: timeOf(change.stageEndsAt),
      plan: change.plan ?? null,
      /** The test cases are not those that were there when it was submitted: it has to be submitted again. */
      testsChanged,
      checks: (change.checks ?? null) as { items: ItemCheck[]; acknowledgement: string | null } | null,
      outcome: (change.outcome ?? null) as {
        before: Record<string, number>;
        during: Record<string, number>;
        verdict: { enough: boolean; breaches: { metric: string; before: number; during: number; limit: number }[] };
        comparedWith: 'before' | 'others';
      } | null,
      emergency: change.emergency,
      reviewOpen: change.reviewOpen,
      reverts: change.reverts ?? null,
      error: change.error ?? null,
      now: clock.now().getTime(),
      items,
      approvals: approvals.rows.map((row) => ({
        verdict: row.verdict as 'approve' | 'reject' | 'review',
        by: row.by as string,
        comment: row.comment as string,
        at: (row.at as Date).getTime(),
        /** Whether it was said of what the change holds now. */
        counts: row.content_hash === change.contentHash,
      })),
      events: events.rows.map((row) => ({
        at: (row.at as Date).getTime(),
        actor: row.actor as string,
        kind: row.kind as string,
        from: row.from_status as ChangeStatus | null,
        to: row.to_status as ChangeStatus | null,
        data: row.data as Record<string, unknown>,
      })),
      possible: possibleActs(change, viewer, {
        overtaken: items.some(({ overtaken }) => overtaken !== null),
        testsChanged,
      }),
    };
  }

  /** The content that each document was written on, and the content in force now. */
  async function documentsAt(change: Change) {
    const { rows } = await pool.query(
      `SELECT b.document AS base, n.document AS now
       FROM unnest($1::text[], $2::text[], $3::int[]) WITH ORDINALITY AS w(kind, object_id, base, place)
       LEFT JOIN config_versions b ON b.kind = w.kind AND b.object_id = w.object_id AND b.version = w.base
       LEFT JOIN config_live l ON l.kind = w.kind AND l.object_id = w.object_id
       LEFT JOIN config_versions n ON n.kind = l.kind AND n.object_id = l.object_id AND n.version = l.version
       ORDER BY w.place`,
      [
        change.items.map(({ kind }) => kind),
        change.items.map(({ objectId }) => objectId),
        change.items.map(({ baseVersion }) => baseVersion),
      ],
    );
    return rows as { base: Record<string, unknown> | null; now: Record<string, unknown> | null }[];
  }

  return { list, countToApprove, find, inspect, get };
}

/** What the viewer may do to a change now, and why not. Pure. */
export function possibleActs(
  change: Change,
  viewer: ChangeViewer,
  { overtaken, testsChanged }: { overtaken: boolean; testsChanged: boolean },
): Possible[] {
  const writes = change.items.every(({ kind }) => viewer.mayWrite(kind));
  const isAuthor = change.authors.includes(viewer.id);
  const hoursSince = (then: Date | undefined) =>
    then ? (change.now.getTime() - then.getTime()) / 3_600_000 : Number.POSITIVE_INFINITY;
  const possible = (act: string, by: ChangeAct, reasons: [WhyNot, boolean][]): Possible => {
    const all: [WhyNot, boolean][] = [['status', afterAct(change.status, by) === undefined], ...reasons];
    const why = all.find(([, holds]) => holds)?.[0];
    return { act, may: why === undefined, why };
  };
  const notMine: [WhyNot, boolean] = ['permission', !writes];
  const publishing: [WhyNot, boolean][] = [
    notMine,
    ['overtaken', overtaken],
    ['tests_changed', testsChanged],
    ['approval_too_old', hoursSince(change.approvedAt) > approvalHours],
  ];
  return [
    possible('edit', 'edit', [notMine]),
    possible('submit', 'submit', [notMine, ['overtaken', overtaken]]),
    possible('approve', 'approve', [
      ['permission', !viewer.mayApprove],
      ['author', isAuthor],
      ['overtaken', overtaken],
      ['tests_changed', testsChanged],
    ]),
    possible('reject', 'reject', [['permission', !viewer.mayApprove]]),
    possible('withdraw', 'withdraw', [notMine]),
    possible('publish', 'publish', [['status', change.status === 'canary'], ...publishing]),
    possible('cancelSchedule', 'unschedule', [notMine]),
    possible('promote', 'publish', [
      ['status', change.status !== 'canary'],
      ['permission', !writes && !viewer.mayApprove],
      ['author', isAuthor],
    ]),
    possible('rollback', 'roll_back', [
      ['permission', !writes && !viewer.mayApprove && !viewer.mayEmergency],
      ['too_late', change.status === 'verified' && hoursSince(change.publishedAt) > rollbackHours],
    ]),
    {
      act: 'reviewEmergency',
      ...(change.reviewOpen
        ? viewer.mayApprove
          ? isAuthor
            ? { may: false, why: 'author' as const }
            : { may: true, why: undefined }
          : { may: false, why: 'permission' as const }
        : { may: false, why: 'status' as const }),
    },
  ];
}

const timeOf = (at: Date | null | undefined): number | null => at?.getTime() ?? null;
