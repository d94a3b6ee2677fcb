import { approvalHours, type PublishPlan } from '@tributary/contracts/change';
import type { ConfigKind } from '@tributary/contracts/config-kind';
import { AppError } from '../../platform/app-error.ts';
import type { Change } from './change.store.ts';

/** Documents of these kinds are shared by all merchants inside a node: they can't be in force for a part of them. */
const sharedKinds: readonly ConfigKind[] = ['channel', 'response_codes'];

export const hoursSince = (now: Date, then: Date | undefined): number =>
  then === undefined ? Number.POSITIVE_INFINITY : (now.getTime() - then.getTime()) / 3_600_000;

/** An approval is of what the world was like then. */
export function refuseOldApproval(change: Change): void {
  if (hoursSince(change.now, change.approvedAt) > approvalHours)
    throw new AppError('conflict', `the approval is more than ${approvalHours} h old: submit the change again`);
}

/** What would be refused at its time is refused now. */
export function refuseLongWait(change: Change, { at = 0 }: PublishPlan): void {
  const lastMoment = (change.approvedAt ?? change.now).getTime() + approvalHours * 3_600_000;
  if (at > lastMoment)
    throw new AppError('invalid_request', `the approval ends before that: it lasts ${approvalHours} h`, {
      errors: [{ path: 'plan.at', message: `must not be after ${new Date(lastMoment).toISOString()}` }],
    });
}

/** A share of merchants can't have a channel of its own. */
export function refuseSharedCanary(change: Change, plan: PublishPlan): void {
  const shared = plan.canary && change.items.find(({ kind }) => sharedKinds.includes(kind));
  if (shared)
    throw new AppError('invalid_request', `a ${shared.kind} is shared by all merchants: publish it for all`, {
      errors: [{ path: 'plan.canary', message: `is not possible with ${shared.kind}/${shared.objectId}` }],
    });
}
