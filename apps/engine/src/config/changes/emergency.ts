import type { ChangeItemInput, PublishPlan } from '@tributary/contracts/change';
import { AppError } from '../../platform/app-error.ts';
import type { PoolClient } from '../../platform/db.ts';
import { newId } from '../../platform/ids.ts';
import type { Actor, Audit } from '../audit.store.ts';
import {
  type Change,
  headOf,
  insertChange,
  itemOf,
  mustFindChange,
  sayVerdict,
  tell,
  updateChange,
} from './change.store.ts';
import type { Gate } from './gate.ts';
import { defaultPlan } from './what-is-approved.ts';

/** For all at once, and nothing is taken back by a machine: whoever is at it looks at it. */
const plan: PublishPlan = { watch: { ...defaultPlan.watch, autoRollback: false } };

/** What one person may do when there is no time for two, and the second pair of eyes afterwards. */
export function createEmergencies({
  audit,
  gate,
  config,
  bringOn,
}: {
  audit: Audit;
  gate: Pick<Gate, 'refuseBeyondCaps'>;
  config: { refresh(): Promise<void> };
  bringOn: (client: PoolClient, change: Change, plan: PublishPlan, actor: string) => Promise<void>;
}) {
  /** Published at once by one person; another one has to look at it afterwards. */
  async function publishEmergency(
    actor: Actor,
    input: { title: string; reason: string; items: ChangeItemInput[]; reverts?: string | undefined },
  ): Promise<{ id: string }> {
    const id = newId('chg');
    await audit.audited(
      {
        actor,
        action: 'changes.publish_emergency',
        objectType: 'change',
        objectId: id,
        reason: input.reason,
        after: headOf(input),
      },
      async (client) => {
        await gate.refuseBeyondCaps(input.items);
        const { title, reason, reverts } = input;
        const change = await insertChange(
          client,
          { id, title, reason, items: input.items.map(itemOf), emergency: true, reverts, plan },
          actor.id,
        );
        await bringOn(client, change, plan, actor.id);
        await updateChange(client, id, { status: 'watching', review_open: true });
        await tell(client, id, actor.id, 'publish_emergency', 'draft', 'watching', { reason: input.reason });
      },
    );
    await config.refresh();
    return { id };
  }

  /** The second pair of eyes on an emergency publish. */
  async function reviewEmergency(
    actor: Actor,
    input: { id: string; contentHash: string; comment?: string | undefined },
  ) {
    await audit.audited(
      {
        actor,
        action: 'changes.review',
        objectType: 'change',
        objectId: input.id,
        ...(input.comment ? { reason: input.comment } : {}),
      },
      async (client) => {
        const change = await mustFindChange(client, input.id, true);
        if (!change.reviewOpen) throw new AppError('conflict', 'there is nothing to review');
        if (change.contentHash !== input.contentHash) throw new AppError('conflict', 'this is not what was published');
        if (change.authors.includes(actor.id))
          throw new AppError('forbidden', 'you published this: somebody else has to review it');
        await sayVerdict(client, change, actor, 'review', input.comment);
        await updateChange(client, change.id, { review_open: false });
        await tell(client, change.id, actor.id, 'reviewed', undefined, undefined, { comment: input.comment });
      },
    );
  }

  return { publishEmergency, reviewEmergency };
}
