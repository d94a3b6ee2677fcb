import { configKindSchema, configRefSchema } from '@tributary/contracts/config-kind';
import { momentSchema, versionSchema } from '@tributary/contracts/integers';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';

/** Every document of configuration: what is in force, every version, what was in force at any moment. */
export function createHistoryRouter({ config, history, kinds }: AdminDeps) {
  const ref = configRefSchema.extend({ version: versionSchema });

  async function mustFind({ kind, objectId, version }: z.output<typeof ref>) {
    const found = await history.version(kind, objectId, version);
    if (!found) throw new AppError('not_found', `${kind}/${objectId} has no version ${version}`);
    return found;
  }

  return router({
    /** What this node runs, by document. */
    live: procedure('changes.read').query(() => {
      const { versions, problems } = config.current();
      return { versions: Object.fromEntries(versions), problems: [...problems] };
    }),
    versions: procedure('changes.read')
      .input(configRefSchema.extend({ before: versionSchema.optional(), limit: z.int().min(1).max(200).default(50) }))
      .query(async ({ input }) =>
        (await history.versions(input.kind, input.objectId, input.limit, input.before)).map((one) => ({
          ...one,
          createdAt: one.createdAt.getTime(),
          publishedAt: one.publishedAt?.getTime() ?? null,
          publishedBy: one.publishedBy ?? null,
          changeId: one.changeId ?? null,
        })),
      ),
    version: procedure('changes.read')
      .input(ref)
      .query(async ({ input }) => {
        const found = await mustFind(input);
        return {
          version: input.version,
          document: found.document,
          contentHash: found.content_hash,
          note: found.note,
          createdBy: found.created_by,
          createdAt: found.created_at.getTime(),
          changeId: found.change_id,
        };
      }),
    compare: procedure('changes.read')
      .input(configRefSchema.extend({ from: versionSchema, to: versionSchema }))
      .query(async ({ input }) => {
        const { kind, objectId } = input;
        const [from, to] = await Promise.all([
          mustFind({ kind, objectId, version: input.from }),
          mustFind({ kind, objectId, version: input.to }),
        ]);
        return {
          from: from.document,
          to: to.document,
          words: await kinds.wordsOf(kind, objectId, from.document, to.document),
        };
      }),
    /** What was in force for all merchants at a moment (epoch ms). */
    asOf: procedure('changes.read')
      .input(z.strictObject({ at: momentSchema, kind: configKindSchema.optional() }))
      .query(async ({ input }) =>
        (await history.asOf(new Date(input.at), input.kind)).map((one) => ({
          ...one,
          publishedAt: one.publishedAt.getTime(),
        })),
      ),
  });
}
