import { mainDocument } from '@tributary/contracts/config-kind';
import { versionSchema } from '@tributary/contracts/integers';
import { mayDo, type Role } from '@tributary/contracts/role';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { readRuleHits } from './rule-hits.read.ts';
import { describeRules, diffRules, schemaOf, validateRules } from './rule-languages.ts';

/** Reading rules and checking drafts, for both kinds alike. What is to go live goes through `changes`. */
export function createRulesRouter({ pool, history, config, rules, clock }: AdminDeps) {
  return router({
    risk: ofKind('risk', 'risk.read', 'risk.write'),
    routing: ofKind('routing', 'routing.read', 'routing.write'),
  });

  function ofKind(kind: 'risk' | 'routing', read: 'risk.read' | 'routing.read', write: 'risk.write' | 'routing.write') {
    const live = () => config.current().rules[kind];

    return router({
      get: procedure(read).query(async ({ ctx }) => {
        const versions = await history.versions(kind, mainDocument, 50);
        const { version, document } = live();
        const head = versions.find((one) => one.version === version);
        const {
          rules: hits,
          payments,
          sampled,
        } = await readRuleHits(
          pool,
          kind,
          clock.now(),
          (channelId) => config.current().channels.get(channelId)?.feeBps,
        );
        const rows = await describeRules(kind, document);
        return {
          active:
            version === 0
              ? null
              : {
                  version,
                  document: document as Record<string, unknown>,
                  rules: rows.map((rule) => ({ ...rule, hits: hits.get(rule.id) ?? null })),
                  publishedAt: head?.publishedAt?.getTime() ?? null,
                  publishedBy: head?.publishedBy ?? null,
                  changeId: head?.changeId ?? null,
                  /** How its change stands: being watched, verified, taken back. */
                  changeStatus: head?.changeStatus ?? null,
                },
          /** What hits are counted over. */
          counted: { payments, sampled },
          /** The version that this node really runs: not the published one when that is not good. */
          running: rules[kind].runningVersion(),
          versions: versions.map((one) => ({
            version: one.version,
            status: one.isLive
              ? ('published' as const)
              : one.publishedAt
                ? ('superseded' as const)
                : one.changeStatus === 'canary'
                  ? ('canary' as const)
                  : ('unpublished' as const),
            changeStatus: one.changeStatus ?? null,
            note: one.note,
            contentHash: one.contentHash,
            createdBy: one.createdBy,
            createdAt: one.createdAt.getTime(),
            publishedBy: one.publishedBy ?? null,
            publishedAt: one.publishedAt?.getTime() ?? null,
            changeId: one.changeId ?? null,
          })),
          mayWrite: mayDo({ role: ctx.viewer.role as Role, approver: ctx.viewer.approver }, write),
        };
      }),
      version: procedure(read)
        .input(z.strictObject({ version: versionSchema }))
        .query(async ({ input }) => {
          const found = await history.version(kind, mainDocument, input.version);
          if (!found) throw new AppError('not_found', `${kind} rules have no version ${input.version}`);
          const { version, document } = live();
          return {
            version: input.version,
            status: version === input.version ? ('published' as const) : ('superseded' as const),
            document: found.document as Record<string, unknown>,
            rules: await describeRules(kind, found.document),
            note: found.note,
            contentHash: found.content_hash,
            changesFromActive:
              version === input.version
                ? []
                : ((await diffRules(kind, document ?? { rules: [] }, found.document)) ?? []),
          };
        }),
      schema: procedure(read).query(() => schemaOf(kind)),
      // Whatever is wrong with a draft is an issue of it, its depth and its keys too.
      validate: procedure(read, { anyInput: true })
        .input(z.strictObject({ document: z.unknown() }))
        .mutation(({ input }) =>
          validateRules(kind, input.document, live().document ?? { rules: [] }, config.current()),
        ),
    });
  }
}
