import { mayDo, permissions, type Role } from '@tributary/contracts/role';
import { procedure, router } from '../../access/trpc.ts';
import type { AdminDeps } from '../admin-deps.ts';

export const createMeRouter = ({ node, clock }: AdminDeps) =>
  router({
    get: procedure('self').query(({ ctx: { viewer } }) => ({
      email: viewer.email,
      name: viewer.name,
      role: viewer.role as Role,
      approver: viewer.approver,
      merchantId: viewer.merchantId ?? null,
      permissions: permissions.filter((permission) =>
        mayDo({ role: viewer.role as Role, approver: viewer.approver }, permission),
      ),
      node,
      now: clock.now().getTime(),
    })),
  });
