import {
  accountNamed,
  accountVersionNamed,
  createAccount,
  describeAccount,
  stageAccount,
  switchAccountOff,
  switchToVersion,
} from '@tributary/contracts/channel-account';
import { mayDo, type Permission, type Role } from '@tributary/contracts/role';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createAccountsRead } from './accounts.read.ts';
import { createAccountsWrite } from './accounts.write.ts';

type Viewer = { role: string; approver: boolean };
const may = (viewer: Viewer, permission: Permission) =>
  mayDo({ role: viewer.role as Role, approver: viewer.approver }, permission);

const channelId = z.string().min(1).max(64);

/** Channel accounts: written by one person, tried at the channel, switched to by another, and never shown again. */
export function createAccountsRouter(deps: AdminDeps) {
  const read = createAccountsRead(deps);
  const write = createAccountsWrite(deps);

  return router({
    /** Who looks after keys, and who has to say yes to them, sees how an account is set up and the marks of its secrets. */
    list: procedure('channels.read')
      .input(z.strictObject({ channelId: channelId.optional() }).default({}))
      .query(({ ctx, input }) =>
        read.list(input.channelId, may(ctx.viewer, 'channelKeys.fingerprint') || may(ctx.viewer, 'changes.approve')),
      ),
    schema: procedure('channels.read')
      .input(z.strictObject({ channelId }))
      .query(({ input }) => {
        const schema = read.schemaOf(input.channelId);
        if (!schema) throw new AppError('not_found', `there is no channel ${input.channelId}`);
        return schema;
      }),
    create: procedure('channelKeys.rotate')
      .input(createAccount)
      .mutation(({ ctx, input }) => write.create(ctx.actor, input)),
    stage: procedure('channels.write')
      .input(stageAccount)
      .mutation(({ ctx, input }) => {
        if (Object.keys(input.secrets).length > 0 && !may(ctx.viewer, 'channelKeys.rotate'))
          throw new AppError('forbidden', 'changing secrets needs channelKeys.rotate');
        return write.stage(ctx.actor, input);
      }),
    discard: procedure('channels.write')
      .input(accountVersionNamed)
      .mutation(({ ctx, input }) => write.discard(ctx.actor, input)),
    describe: procedure('channels.write')
      .input(describeAccount)
      .mutation(({ ctx, input }) => write.describe(ctx.actor, input)),
    /** Asks the channel with this version's own keys. Nothing is changed but what is known of the version. */
    probe: procedure('channels.switch')
      .input(accountVersionNamed)
      .mutation(({ ctx, input }) => write.probe(ctx.actor, input)),
    switchTo: procedure('changes.approve')
      .input(switchToVersion)
      .mutation(({ ctx, input }) => {
        if (input.withoutProbe !== undefined && !may(ctx.viewer, 'changes.emergency'))
          throw new AppError('forbidden', 'switching without a probe needs changes.emergency');
        return write.switchTo(ctx.actor, input);
      }),
    goBack: procedure('channels.switch')
      .input(accountVersionNamed)
      .mutation(({ ctx, input }) => write.goBack(ctx.actor, input)),
    endOverlap: procedure('channelKeys.rotate')
      .input(accountVersionNamed)
      .mutation(({ ctx, input }) => write.endOverlap(ctx.actor, input)),
    invalidate: procedure('channels.switch')
      .input(accountNamed)
      .mutation(({ ctx, input }) => write.invalidate(ctx.actor, input)),
    switchOff: procedure('channels.switch')
      .input(switchAccountOff)
      .mutation(({ ctx, input }) => write.switchOff(ctx.actor, input)),
    switchOn: procedure('channels.switch')
      .input(accountNamed)
      .mutation(({ ctx, input }) => write.switchOn(ctx.actor, input)),
  });
}
