import { roles } from '@tributary/contracts/role';
import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { hashConsolePassword } from '../../access/password.ts';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import { newId } from '../../platform/ids.ts';
import type { AdminDeps } from '../admin-deps.ts';

const password = z.string().min(12).max(128);

/** Console users. The last administrator can't be switched off or demoted; a switched-off user's sessions end at once. */
export function createUsersRouter({ prisma, audit }: AdminDeps) {
  async function keepOneAdmin(id: string): Promise<void> {
    const others = await prisma.consoleUser.count({ where: { role: 'admin', disabled: false, id: { not: id } } });
    if (others === 0) throw new AppError('conflict', 'this is the last administrator');
  }

  return router({
    list: procedure('users.read').query(async () => {
      const rows = await prisma.consoleUser.findMany({
        orderBy: { email: 'asc' },
        include: { sessions: { select: { updatedAt: true, expiresAt: true } } },
      });
      return rows.map((row) => ({
        id: row.id,
        email: row.email,
        name: row.name,
        role: row.role,
        approver: row.approver,
        merchantId: row.merchantId,
        disabled: row.disabled,
        sessions: row.sessions.filter(({ expiresAt }) => expiresAt > new Date()).length,
        lastSeenAt: row.sessions.reduce<number | null>(
          (latest, { updatedAt }) => Math.max(latest ?? 0, updatedAt.getTime()),
          null,
        ),
      }));
    }),
    create: procedure('users.write')
      .input(
        z
          .strictObject({
            email: z.email().max(200),
            name: cleanText(80),
            role: z.enum(roles),
            approver: z.boolean().default(false),
            merchantId: z.string().max(64).nullable().default(null),
            password,
          })
          .refine((user) => (user.role === 'merchant') === (user.merchantId !== null), {
            error: 'belongs to users of role merchant, and only to them',
            path: ['merchantId'],
          }),
      )
      .mutation(async ({ ctx, input }) => {
        const id = newId('usr');
        const hash = await hashConsolePassword(input.password);
        const { password: _, ...shown } = input;
        await audit.audited(
          { actor: ctx.actor, action: 'users.create', objectType: 'console_user', objectId: input.email, after: shown },
          async (client) => {
            const { rowCount } = await client.query(
              `INSERT INTO console_users (id, name, email, email_verified, role, approver, merchant_id) VALUES ($1, $2, lower($3), true, $4, $5, $6) ON CONFLICT (email) DO NOTHING`,
              [id, input.name, input.email, input.role, input.approver, input.merchantId],
            );
            if (rowCount === 0) throw new AppError('conflict', 'there is a user with this e-mail address');
            await client.query(
              `INSERT INTO console_accounts (id, account_id, provider_id, user_id, password) VALUES ($1, $2, 'credential', $2, $3)`,
              [newId('acc'), id, hash],
            );
          },
        );
        return { id };
      }),
    setRole: procedure('users.write')
      .input(z.strictObject({ id: z.string().max(64), role: z.enum(roles), approver: z.boolean() }))
      .mutation(async ({ ctx, input }) => {
        const before = await prisma.consoleUser.findUnique({ where: { id: input.id } });
        if (!before) throw new AppError('not_found', 'there is no such user');
        if (before.role === 'admin' && input.role !== 'admin') await keepOneAdmin(input.id);
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'users.setRole',
            objectType: 'console_user',
            objectId: before.email,
            before: { role: before.role, approver: before.approver },
            after: { role: input.role, approver: input.approver },
          },
          async (client) => {
            await client.query('UPDATE console_users SET role = $2, approver = $3, updated_at = now() WHERE id = $1', [
              input.id,
              input.role,
              input.approver,
            ]);
            await client.query('DELETE FROM console_sessions WHERE user_id = $1', [input.id]);
          },
        );
        return { ok: true };
      }),
    setDisabled: procedure('users.write')
      .input(z.strictObject({ id: z.string().max(64), disabled: z.boolean(), reason: cleanText(200) }))
      .mutation(async ({ ctx, input }) => {
        const before = await prisma.consoleUser.findUnique({ where: { id: input.id } });
        if (!before) throw new AppError('not_found', 'there is no such user');
        if (before.role === 'admin' && input.disabled) await keepOneAdmin(input.id);
        await audit.audited(
          {
            actor: ctx.actor,
            action: 'users.setDisabled',
            objectType: 'console_user',
            objectId: before.email,
            reason: input.reason,
            after: { disabled: input.disabled },
          },
          async (client) => {
            await client.query('UPDATE console_users SET disabled = $2, updated_at = now() WHERE id = $1', [
              input.id,
              input.disabled,
            ]);
            if (input.disabled) await client.query('DELETE FROM console_sessions WHERE user_id = $1', [input.id]);
          },
        );
        return { ok: true };
      }),
  });
}
