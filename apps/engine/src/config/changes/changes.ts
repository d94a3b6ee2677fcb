import { isDeepStrictEqual } from 'node:util';
import { type ChangeItemInput, type ChangeStatus, type PublishPlan, rollbackHours } from '@tributary/contracts/change';
import { AppError } from '../../platform/app-error.ts';
import type { PoolClient } from '../../platform/db.ts';
import { newId } from '../../platform/ids.ts';
import type { Actor, Audit } from '../audit.store.ts';
import type { ConfigSource } from '../snapshot.ts';
import {
  type Change,
  headOf,
  insertChange,
  itemOf,
  mustFindChange,
  putItems,
  sayVerdict,
  tell,
  updateChange,
} from './change.store.ts';
import { createEmergencies } from './emergency.ts';
import type { Gate, ItemCheck } from './gate.ts';
import { hoursSince, refuseLongWait, refuseOldApproval, refuseSharedCanary } from './may-publish.ts';
import { holdConfiguration, putInCanary, putInForce, refuseOvertaken, takeBack } from './put-in-force.ts';
import { afterAct, type ChangeAct } from './transition.ts';
import {
  defaultPlan,
  hashOfChange,
  holdTests,
  isAsSubmitted,
  NotAsSubmitted,
  refuseOtherPlan,
} from './what-is-approved.ts';

export type ChangesDeps = {
  audit: Audit;
  gate: Gate;
  config: Pick<ConfigSource, 'current'> & { refresh(): Promise<void> };
};

/** Everything that can be done to changes. Every act is one transaction with its line in the story and in the audit log. */
export function createChanges({ audit, gate, config }: ChangesDeps) {
  /** Does an act on a locked change, if its status allows it. */
  async function act<Result>(
    actor: Actor,
    id: string,
    name: ChangeAct,
    details: { reason?: string | undefined; after?: unknown; contentHash?: string | undefined },
    work: (client: PoolClient, change: Change, to: ChangeStatus) => Promise<Result>,
  ): Promise<Result> {
    return audit.audited(
      {
        actor,
        action: `changes.${name}`,
        objectType: 'change',
        objectId: id,
        ...(details.reason === undefined ? {} : { reason: details.reason }),
        ...(details.after === undefined ? {} : { after: details.after }),
      },
      async (client) => {
        const change = await mustFindChange(client, id, true);
        if (details.contentHash !== undefined && details.contentHash !== change.contentHash)
          throw new AppError('conflict', 'the change was edited since you looked at it');
        const to = afterAct(change.status, name);
        if (to === undefined)
          throw new AppError('conflict', `the change is ${change.status}: it can't be ${said[name]} now`);
        const result = await work(client, change, to);
        await updateChange(client, id, { status: to });
        await tell(client, id, actor.id, name, change.status, to, details.reason ? { reason: details.reason } : {});
        return result;
      },
    );
  }

  const inspect = (change: Change): Promise<ItemCheck[]> => gate.inspect(change.items, config.current());

  /** What stands against documents that are only a draft yet: all but the test cases and the other engine. */
  const look = (items: readonly ChangeItemInput[]): Promise<ItemCheck[]> =>
    gate.look(items.map(itemOf), config.current());

  /** Nobody else publishes until the caller's transaction ends, and this node knows all that was published before. */
  async function holdStill(client: PoolClient): Promise<void> {
    await holdConfiguration(client);
    await config.refresh();
  }

  async function create(
    actor: Actor,
    input: { title: string; reason: string; items: ChangeItemInput[]; reverts?: string | undefined },
  ): Promise<{ id: string; contentHash: string }> {
    const id = newId('chg');
    return audit.audited(
      {
        actor,
        action: 'changes.create',
        objectType: 'change',
        objectId: id,
        reason: input.reason,
        after: headOf(input),
      },
      async (client) => {
        await gate.refuseBeyondCaps(input.items);
        const { title, reason, reverts } = input;
        const items = input.items.map(itemOf);
        const made = await insertChange(
          client,
          { id, title, reason, items, emergency: false, reverts, plan: undefined },
          actor.id,
        );
        return { id, contentHash: made.contentHash };
      },
    );
  }

  /** An edit after the submission takes every verdict with it. */
  async function edit(
    actor: Actor,
    input: {
      id: string;
      contentHash: string;
      title?: string | undefined;
      reason?: string | undefined;
      items?: ChangeItemInput[] | undefined;
      plan?: PublishPlan | undefined;
    },
  ): Promise<{ contentHash: string }> {
    return act(
      actor,
      input.id,
      'edit',
      { contentHash: input.contentHash, after: headOf(input) },
      async (client, change, to) => {
        await gate.refuseBeyondCaps(input.items ?? []);
        const items = input.items?.map(itemOf);
        if (items) await putItems(client, change.id, items);
        const plan = input.plan ?? change.plan;
        const contentHash = await hashOfChange(client, { items: items ?? change.items, plan });
        await updateChange(client, change.id, {
          // With the content: nothing is approved for a moment that nobody has approved.
          status: to,
          title: input.title ?? change.title,
          reason: input.reason ?? change.reason,
          content_hash: contentHash,
          authors: [...new Set([...change.authors, actor.id])],
          approved_at: null,
          plan: plan === undefined ? null : JSON.stringify(plan),
          checks: null,
          error: null,
        });
        return { contentHash };
      },
    );
  }

  const isOtherPlan = (one: PublishPlan, other: PublishPlan): boolean => !isDeepStrictEqual(one, other);

  async function submit(
    actor: Actor,
    input: {
      id: string;
      contentHash: string;
      plan?: PublishPlan | undefined;
      acknowledgement?: string | undefined;
    },
  ): Promise<{ checks: ItemCheck[]; contentHash: string }> {
    return act(actor, input.id, 'submit', { contentHash: input.contentHash }, async (client, change) => {
      const plan = input.plan ?? change.plan ?? defaultPlan;
      refuseSharedCanary(change, plan);
      await refuseOvertaken(client, change.items);
      // Before the test cases are run: one that is changed meanwhile is noticed at the approval.
      const contentHash = await hashOfChange(client, { items: change.items, plan });
      const checks = await inspect(change);
      gate.refuse(checks);
      const findings = checks.flatMap((check) => check.findings);
      if (findings.length > 0 && input.acknowledgement === undefined)
        throw new AppError('invalid_request', 'the findings need a word on why they are as they should be', {
          errors: findings.slice(0, 50).map(({ path, message }) => ({ path: path || 'items', message })),
        });
      // Who decided how it is published, or that its findings are as they should be, is one of those who made it.
      const shaped = input.acknowledgement !== undefined || isOtherPlan(change.plan ?? defaultPlan, plan);
      await updateChange(client, change.id, {
        ...(shaped ? { authors: [...new Set([...change.authors, actor.id])] } : {}),
        submitted_at: new Date(change.now),
        plan: JSON.stringify(plan),
        content_hash: contentHash,
        approved_at: null,
        error: null,
        checks: JSON.stringify({ items: checks, acknowledgement: input.acknowledgement ?? null }),
      });
      return { checks, contentHash };
    });
  }

  async function approve(actor: Actor, input: { id: string; contentHash: string; comment?: string | undefined }) {
    return voidUnlessAsSubmitted(actor, input.id, () =>
      act(
        actor,
        input.id,
        'approve',
        { contentHash: input.contentHash, reason: input.comment },
        async (client, change) => {
          if (change.authors.includes(actor.id))
            throw new AppError('forbidden', 'you wrote this change: somebody else has to approve it');
          await refuseOvertaken(client, change.items);
          if (!(await isAsSubmitted(client, change))) throw new NotAsSubmitted();
          await sayVerdict(client, change, actor, 'approve', input.comment);
          await updateChange(client, change.id, { approved_at: change.now });
        },
      ),
    );
  }

  /** What is not what was submitted any more loses its approval, and can be submitted again. */
  async function voidUnlessAsSubmitted<Result>(actor: Actor, id: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NotAsSubmitted) await voidIt(actor, id, error.message);
      throw error;
    }
  }

  async function reject(actor: Actor, input: { id: string; contentHash: string; comment?: string | undefined }) {
    return act(actor, input.id, 'reject', { contentHash: input.contentHash, reason: input.comment }, (client, change) =>
      sayVerdict(client, change, actor, 'reject', input.comment),
    );
  }

  const withdraw = (actor: Actor, input: { id: string; reason: string }) =>
    act(actor, input.id, 'withdraw', { reason: input.reason }, async () => undefined);

  /**
   * Publishes now, first for a share, or later, as the plan says, which must be the approved one. What fails at a later
   * time is told on the change.
   * @param isDue its time has come, whatever this node's clock says
   */
  async function publish(
    actor: Actor,
    input: { id: string; contentHash: string; plan: PublishPlan; isDue?: boolean },
  ): Promise<ChangeStatus> {
    const { id, contentHash, plan, isDue = false } = input;
    const later = !isDue && plan.at !== undefined && plan.at > Date.now();
    const name = later ? 'schedule' : plan.canary ? 'start_canary' : 'publish';
    const status = await voidUnlessAsSubmitted(actor, id, () =>
      act(actor, id, name, { contentHash, after: plan }, async (client, change, to) => {
        refuseOtherPlan(change, plan);
        refuseOldApproval(change);
        if (!(await isAsSubmitted(client, change))) throw new NotAsSubmitted();
        if (later) {
          refuseLongWait(change, plan);
          await updateChange(client, change.id, { publish_at: new Date(plan.at ?? 0), error: null });
        } else await bringOn(client, change, plan, actor.id);
        // Again, at the end: the gate takes seconds, and nobody should wait so long with a test case.
        await holdTests(client);
        if (!(await isAsSubmitted(client, change))) throw new NotAsSubmitted();
        return to;
      }),
    );
    await config.refresh();
    return status;
  }

  /** The gate once more, then into force: the caller holds the change and sets its status. */
  async function bringOn(client: PoolClient, change: Change, plan: PublishPlan, actor: string): Promise<void> {
    await holdStill(client);
    const checks = await inspect(change);
    // In an emergency a case that fails, perhaps for a reason of its own, stands in nobody's way: it is written down.
    gate.refuse(checks, { evenIfTestsFail: change.emergency });
    const now = change.now.getTime();
    if (plan.canary) await putInCanary(client, change, plan.canary.percent, actor);
    else await putInForce(client, change, actor);
    const minutes = plan.canary?.minutes ?? plan.watch.minutes;
    await updateChange(client, change.id, {
      ...(change.emergency ? { checks: JSON.stringify({ items: checks, acknowledgement: null }) } : {}),
      published_at: change.now,
      published_by: actor,
      stage_ends_at: new Date(now + minutes * 60_000),
      error: null,
    });
  }

  /** From the canary's share to everybody: at its time, or earlier by somebody who did not write it. */
  async function promote(actor: Actor, id: string): Promise<void> {
    await act(actor, id, 'publish', {}, async (client, change) => {
      if (change.status !== 'canary' || !change.plan) throw new AppError('conflict', 'the change is no canary');
      if (change.authors.includes(actor.id) && (change.stageEndsAt ?? change.now) > change.now)
        throw new AppError('forbidden', 'the approved plan lets the canary go on: somebody else has to end it early');
      await holdStill(client);
      gate.refuse(await inspect(change));
      await putInForce(client, change, actor.id);
      await updateChange(client, id, {
        published_at: change.now,
        stage_ends_at: new Date(change.now.getTime() + change.plan.watch.minutes * 60_000),
      });
    });
    await config.refresh();
  }

  const unschedule = (actor: Actor, id: string) => act(actor, id, 'unschedule', {}, async () => undefined);

  /** Back to what was before, as a new version. A canary just ends. */
  async function rollBack(actor: Actor, input: { id: string; reason: string; outcome?: unknown }): Promise<void> {
    await act(actor, input.id, 'roll_back', { reason: input.reason }, async (client, change) => {
      if (change.status === 'verified' && hoursSince(change.now, change.publishedAt) > rollbackHours)
        throw new AppError(
          'conflict',
          `it was published more than ${rollbackHours} h ago: make a change that reverts it`,
        );
      if (change.status !== 'canary') {
        await holdStill(client);
        await takeBack(client, change, actor.id, input.reason, async (before) =>
          gate.refuse(await gate.look(before, config.current())),
        );
      }
      await updateChange(client, change.id, {
        stage_ends_at: null,
        ...(input.outcome === undefined ? {} : { outcome: JSON.stringify(input.outcome) }),
      });
    });
    await config.refresh();
  }

  /** The watch ended well, or, with a remark, as well as it could. */
  const verify = (actor: Actor, id: string, outcome: unknown, remark?: string) =>
    act(actor, id, 'verify', { reason: remark }, (client) =>
      updateChange(client, id, {
        stage_ends_at: null,
        outcome: JSON.stringify(outcome),
        error: remark?.slice(0, 300) ?? null,
      }),
    );

  const voidIt = (actor: Actor, id: string, why: string) =>
    act(actor, id, 'void', { reason: why }, (client) => updateChange(client, id, { approved_at: null, error: why }));

  async function comment(actor: Actor, input: { id: string; text: string }): Promise<void> {
    await audit.audited(
      { actor, action: 'changes.comment', objectType: 'change', objectId: input.id, after: { text: input.text } },
      async (client) => {
        await mustFindChange(client, input.id, true);
        await tell(client, input.id, actor.id, 'comment', undefined, undefined, { text: input.text });
      },
    );
  }

  return {
    create,
    edit,
    submit,
    approve,
    reject,
    withdraw,
    publish,
    unschedule,
    promote,
    rollBack,
    verify,
    voidIt,
    ...createEmergencies({ audit, gate, config, bringOn }),
    comment,
    inspect,
    look,
  };
}

export type Changes = ReturnType<typeof createChanges>;

/** What can't be done to a change now, as a sentence has it. */
const said: Record<ChangeAct, string> = {
  edit: 'edited',
  submit: 'submitted',
  approve: 'approved',
  reject: 'rejected',
  withdraw: 'withdrawn',
  void: 'voided',
  schedule: 'scheduled',
  unschedule: 'taken off its schedule',
  start_canary: 'published for a share of merchants',
  publish: 'published',
  publish_emergency: 'published as an emergency',
  verify: 'verified',
  roll_back: 'rolled back',
};
