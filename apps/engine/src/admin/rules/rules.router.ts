import { mayDo, type Role } from '@tributary/contracts/role';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { contentHashOf, publish, type RuleKind, saveDraft } from '../../config/rule-sets.store.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { describeRules, diffRules, schemaOf, validateRules } from './rule-languages.ts';

const document = z.record(z.string(), z.unknown());
const note = z.string().trim().max(500);

/** The same procedures for both kinds of rules, each with the permissions of its kind. */
export function createRulesRouter({ prisma, audit }: AdminDeps) {
  return router({
    risk: ofKind('risk', 'risk.read', 'risk.write'),
    routing: ofKind('routing', 'routing.read', 'routing.write'),
  });

  function ofKind(kind: RuleKind, read: 'risk.read' | 'routing.read', write: 'risk.write' | 'routing.write') {
    const find = async (version: number) => {
      const found = await prisma.ruleSet.findUnique({ where: { kind_version: { kind, version } } });
      if (!found) throw new AppError('not_found', `${kind} rules have no version ${version}`);
      return found;
    };

    function mustBeValid(content: unknown): void {
      const checked = validateRules(kind, content);
      if (!checked.ok) {
        throw new AppError('invalid_rule_set', `the rules are not valid: ${checked.issues[0]?.message ?? ''}`, {
          errors: checked.issues.slice(0, 50).map(({ path, message }) => ({ path, message })),
        });
      }
    }

    return router({
      get: procedure(read).query(async ({ ctx }) => {
        const versions = await prisma.ruleSet.findMany({
          where: { kind },
          orderBy: { version: 'desc' },
          take: 50,
          omit: { document: true },
        });
        const active = await prisma.ruleSet.findFirst({ where: { kind, status: 'published' } });
        return {
          active: active && {
            version: active.version,
            document: active.document as Record<string, unknown>,
            rules: describeRules(kind, active.document),
            publishedAt: active.publishedAt?.getTime() ?? null,
            publishedBy: active.publishedBy,
          },
          versions: versions.map((one) => ({
            version: one.version,
            status: one.status,
            note: one.note,
            contentHash: one.contentHash,
            createdBy: one.createdBy,
            createdAt: one.createdAt.getTime(),
            publishedBy: one.publishedBy,
            publishedAt: one.publishedAt?.getTime() ?? null,
          })),
          mayWrite: mayDo({ role: ctx.viewer.role as Role, approver: ctx.viewer.approver }, write),
        };
      }),
      version: procedure(read)
        .input(z.strictObject({ version: z.int().min(1) }))
        .query(async ({ input }) => {
          const found = await find(input.version);
          const active = await prisma.ruleSet.findFirst({ where: { kind, status: 'published' } });
          return {
            version: found.version,
            status: found.status,
            document: found.document as Record<string, unknown>,
            rules: describeRules(kind, found.document),
            note: found.note,
            contentHash: found.contentHash,
            changesFromActive:
              active && active.version !== found.version
                ? (diffRules(kind, active.document, found.document) ?? [])
                : [],
          };
        }),
      schema: procedure(read).query(() => schemaOf(kind)),
      validate: procedure(read)
        .input(z.strictObject({ document: z.unknown() }))
        .mutation(async ({ input }) => {
          const active = await prisma.ruleSet.findFirst({ where: { kind, status: 'published' } });
          return {
            ...validateRules(kind, input.document),
            rules: describeRules(kind, input.document),
            changes: diffRules(kind, active?.document ?? { rules: [] }, input.document) ?? [],
          };
        }),
      saveDraft: procedure(write)
        .input(z.strictObject({ document, note: note.default('') }))
        .mutation(({ ctx, input }) => {
          mustBeValid(input.document);
          return audit.audited(
            {
              actor: ctx.actor,
              action: `rules.${kind}.saveDraft`,
              objectType: 'rule_set',
              objectId: kind,
              after: { hash: contentHashOf(input.document), note: input.note },
            },
            (client) => saveDraft(client, kind, input.document, input.note, ctx.actor.id),
          );
        }),
      publish: procedure(write)
        .input(
          z.strictObject({
            version: z.int().min(1),
            contentHash: z.string().length(64),
            baseVersion: z.int().min(0),
            reason: note.default(''),
          }),
        )
        .mutation(async ({ ctx, input }) => {
          mustBeValid((await find(input.version)).document);
          return audit.audited(
            {
              actor: ctx.actor,
              action: `rules.${kind}.publish`,
              objectType: 'rule_set',
              objectId: `${kind} v${input.version}`,
              reason: input.reason,
              before: { version: input.baseVersion },
              after: { version: input.version, hash: input.contentHash },
            },
            (client) =>
              publish(
                client,
                kind,
                input.version,
                { contentHash: input.contentHash, baseVersion: input.baseVersion },
                ctx.actor.id,
              ),
          );
        }),
      /** Goes back to an earlier version by publishing its content as a new one: history is never rewritten. */
      rollback: procedure(write)
        .input(z.strictObject({ toVersion: z.int().min(1), baseVersion: z.int().min(1), reason: note.min(3) }))
        .mutation(async ({ ctx, input }) => {
          const old = await find(input.toVersion);
          mustBeValid(old.document);
          return audit.audited(
            {
              actor: ctx.actor,
              action: `rules.${kind}.rollback`,
              objectType: 'rule_set',
              objectId: `${kind} v${input.toVersion}`,
              reason: input.reason,
              before: { version: input.baseVersion },
            },
            async (client) => {
              const draft = await saveDraft(
                client,
                kind,
                old.document,
                `back to v${input.toVersion}: ${input.reason}`,
                ctx.actor.id,
              );
              await publish(
                client,
                kind,
                draft.version,
                { contentHash: draft.contentHash, baseVersion: input.baseVersion },
                ctx.actor.id,
              );
              return draft;
            },
          );
        }),
    });
  }
}
