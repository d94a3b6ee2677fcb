import {
  type ChangeItemInput,
  changeRefSchema,
  commentSchema,
  createChangeSchema,
  editChangeSchema,
  listChangesSchema,
  publishChangeSchema,
  revertSchema,
  submitChangeSchema,
  verdictSchema,
  withReasonSchema,
} from '@tributary/contracts/change';
import type { ConfigKind } from '@tributary/contracts/config-kind';
import { mayDo, type Permission, type Role } from '@tributary/contracts/role';
import { procedure, router } from '../../access/trpc.ts';
import { defaultPlan } from '../../config/changes/what-is-approved.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createChangeReads } from './changes.read.ts';

/** Who may write a kind of document. */
const writePermission: Record<ConfigKind, Permission> = {
  risk: 'risk.write',
  limit: 'risk.write',
  list: 'risk.write',
  routing: 'routing.write',
  service: 'services.write',
  channel: 'channels.write',
  response_codes: 'channels.write',
};

/** More issues than this help nobody to mend a draft. */
const mostIssues = 200;

type Viewer = { role: string; approver: boolean };

const mayWrite = ({ role, approver }: Viewer, kind: ConfigKind): boolean =>
  mayDo({ role: role as Role, approver }, writePermission[kind]);

function refuseForeignKinds(viewer: Viewer, items: readonly Pick<ChangeItemInput, 'kind'>[]): void {
  const foreign = items.find(({ kind }) => !mayWrite(viewer, kind));
  if (foreign) throw new AppError('forbidden', `your role ${viewer.role} may not change ${foreign.kind} documents`);
}

/** Changes of configuration from the draft to the verdict of the watch. */
export function createChangesRouter({ pool, changes, kinds, clock, config, history }: AdminDeps) {
  const reads = createChangeReads({ pool, kinds, clock });
  const may = (viewer: Viewer, permission: Permission) =>
    mayDo({ role: viewer.role as Role, approver: viewer.approver }, permission);

  /** Who may not write such documents may at once bring back only what was in force and proved itself. */
  async function refuseUnproved(
    viewer: Viewer,
    items: readonly Pick<ChangeItemInput, 'kind' | 'objectId' | 'document'>[],
  ): Promise<void> {
    for (const { kind, objectId, document } of items)
      if (!mayWrite(viewer, kind) && !(await history.wasInForce(kind, objectId, document)))
        throw new AppError(
          'forbidden',
          `your role ${viewer.role} may only bring back what was in force before, and this ${kind}/${objectId} was not`,
        );
  }

  /** An unfinished draft is kept all the same; its author sees at once what stands between it and a submission. */
  async function issuesOf(items: readonly ChangeItemInput[]) {
    const checks = await changes.look(items);
    return checks
      .flatMap(({ kind, objectId, errors, findings }) => [
        ...errors.map((one) => ({ kind, objectId, ...one, severity: 'error' as const })),
        ...findings.map((one) => ({ kind, objectId, ...one, severity: 'warning' as const })),
      ])
      .slice(0, mostIssues);
  }

  return router({
    list: procedure('changes.read')
      .input(listChangesSchema.prefault({}))
      .query(({ ctx, input }) => reads.list(input, ctx.actor.id)),
    /** How many wait for the viewer's approval. */
    waiting: procedure('changes.read').query(async ({ ctx }) => ({
      toApprove: may(ctx.viewer, 'changes.approve') ? await reads.countToApprove(ctx.actor.id) : 0,
    })),
    get: procedure('changes.read')
      .input(changeRefSchema)
      .query(({ ctx, input }) =>
        reads.get(input.id, {
          id: ctx.actor.id,
          mayApprove: may(ctx.viewer, 'changes.approve'),
          mayPublish: may(ctx.viewer, 'changes.create') || may(ctx.viewer, 'changes.approve'),
          mayEmergency: may(ctx.viewer, 'changes.emergency'),
          mayWrite: (kind) => mayWrite(ctx.viewer, kind),
        }),
      ),
    create: procedure('changes.create')
      .input(createChangeSchema)
      .mutation(async ({ ctx, input }) => {
        refuseForeignKinds(ctx.viewer, input.items);
        const made = await changes.create(ctx.actor, input);
        return { ...made, issues: await issuesOf(input.items) };
      }),
    edit: procedure('changes.create')
      .input(editChangeSchema)
      .mutation(async ({ ctx, input }) => {
        refuseForeignKinds(ctx.viewer, [...(await reads.find(input.id)).items, ...(input.items ?? [])]);
        const edited = await changes.edit(ctx.actor, input);
        return { ...edited, issues: await issuesOf(input.items ?? []) };
      }),
    /** What the gate would say now; changes nothing. */
    inspect: procedure('changes.read')
      .input(changeRefSchema)
      .query(({ input }) => reads.inspect(input.id, changes.inspect)),
    submit: procedure('changes.create')
      .input(submitChangeSchema)
      .mutation(async ({ ctx, input }) => {
        refuseForeignKinds(ctx.viewer, (await reads.find(input.id)).items);
        return changes.submit(ctx.actor, input);
      }),
    approve: procedure('changes.approve')
      .input(verdictSchema)
      .mutation(async ({ ctx, input }) => {
        await changes.approve(ctx.actor, input);
        return { ok: true };
      }),
    reject: procedure('changes.approve')
      .input(verdictSchema)
      .mutation(async ({ ctx, input }) => {
        await changes.reject(ctx.actor, input);
        return { ok: true };
      }),
    withdraw: procedure('changes.create')
      .input(withReasonSchema)
      .mutation(async ({ ctx, input }) => {
        refuseForeignKinds(ctx.viewer, (await reads.find(input.id)).items);
        await changes.withdraw(ctx.actor, input);
        return { ok: true };
      }),
    publish: procedure('changes.create')
      .input(publishChangeSchema)
      .mutation(async ({ ctx, input }) => {
        const { items, plan = defaultPlan } = await reads.find(input.id);
        refuseForeignKinds(ctx.viewer, items);
        return { status: await changes.publish(ctx.actor, { ...input, plan: input.plan ?? plan }) };
      }),
    cancelSchedule: procedure('changes.create')
      .input(changeRefSchema)
      .mutation(async ({ ctx, input }) => {
        refuseForeignKinds(ctx.viewer, (await reads.find(input.id)).items);
        await changes.unschedule(ctx.actor, input.id);
        return { ok: true };
      }),
    /** From the canary's share to all; before its time only by somebody who did not write it. */
    promote: procedure('changes.create')
      .input(changeRefSchema)
      .mutation(async ({ ctx, input }) => {
        const { items } = await reads.find(input.id);
        if (!may(ctx.viewer, 'changes.approve')) refuseForeignKinds(ctx.viewer, items);
        await changes.promote(ctx.actor, input.id);
        return { ok: true };
      }),
    /** Back to before: as a new version, or the end of a canary; by who may write such documents, approve, or is on call. */
    rollback: procedure('changes.rollback')
      .input(withReasonSchema)
      .mutation(async ({ ctx, input }) => {
        if (!may(ctx.viewer, 'changes.approve') && !may(ctx.viewer, 'changes.emergency'))
          refuseForeignKinds(ctx.viewer, (await reads.find(input.id)).items);
        await changes.rollBack(ctx.actor, input);
        return { ok: true };
      }),
    /** At once, by one person. Who may not write such documents (on call) may only bring old contents back. */
    emergency: procedure('changes.emergency')
      .input(createChangeSchema)
      .mutation(async ({ ctx, input }) => {
        await refuseUnproved(ctx.viewer, input.items);
        return changes.publishEmergency(ctx.actor, input);
      }),
    /** An older version again, as a new change: a draft for the usual way, or at once as an emergency. */
    revert: procedure('changes.read')
      .input(revertSchema)
      .mutation(async ({ ctx, input }) => {
        const { kind, objectId, version, reason, emergency } = input;
        if (emergency && !may(ctx.viewer, 'changes.emergency'))
          throw new AppError('forbidden', `your role ${ctx.viewer.role} may not publish without an approval`);
        if (!emergency) {
          if (!may(ctx.viewer, 'changes.create'))
            throw new AppError('forbidden', `your role ${ctx.viewer.role} may not make changes`);
          refuseForeignKinds(ctx.viewer, [{ kind }]);
        }
        const found = await history.version(kind, objectId, version);
        const [published] = await history.versions(kind, objectId, 1, version + 1);
        if (!found || published?.publishedAt === undefined)
          throw new AppError('not_found', `${kind}/${objectId} never had version ${version} in force`);
        const baseVersion = config.current().versions.get(`${kind}/${objectId}`) ?? 0;
        if (emergency) await refuseUnproved(ctx.viewer, [{ kind, objectId, document: found.document }]);
        const change = {
          title: `${kind}/${objectId}: back to v${version}`,
          reason,
          items: [{ kind, objectId, document: found.document, baseVersion }],
          reverts: `${kind}/${objectId}@${version}`,
        };
        const { id } = emergency
          ? await changes.publishEmergency(ctx.actor, change)
          : await changes.create(ctx.actor, change);
        return { id };
      }),
    reviewEmergency: procedure('changes.approve')
      .input(verdictSchema)
      .mutation(async ({ ctx, input }) => {
        await changes.reviewEmergency(ctx.actor, input);
        return { ok: true };
      }),
    comment: procedure('changes.read')
      .input(commentSchema)
      .mutation(async ({ ctx, input }) => {
        await changes.comment(ctx.actor, input);
        return { ok: true };
      }),
  });
}
