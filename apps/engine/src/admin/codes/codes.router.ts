import type { ResponseCodeOverride } from '@tributary/contracts/response-codes';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { maxCodesPerChannel } from '../../gateway/codes/count-unmapped.ts';
import { type EffectiveCode, effectiveCode, effectiveCodes } from '../../gateway/codes/effective-codes.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';

const channelId = z.string().min(1).max(64);

/** A channel's response codes as they count now, and those that nobody has mapped yet. */
export function createCodesRouter({ prisma, adapters, config }: Pick<AdminDeps, 'prisma' | 'adapters' | 'config'>) {
  return router({
    table: procedure('channels.read')
      .input(z.strictObject({ channelId }))
      .query(async ({ input }) => {
        const snapshot = config.current();
        const channel = snapshot.channels.get(input.channelId);
        if (!channel) throw new AppError('not_found', `there is no channel ${input.channelId}`);
        const adapter = adapters.get(channel.adapter);
        const overrides = snapshot.responseCodes.get(channel.id);
        const seen = await prisma.unmappedCode.findMany({
          where: { channelId: channel.id },
          orderBy: { lastSeen: 'desc' },
          take: maxCodesPerChannel,
        });
        const unmapped = seen.filter(({ code }) => !effectiveCode(snapshot, adapters, channel.id, code));
        return {
          channel: { id: channel.id, name: channel.name, adapter: channel.adapter },
          adapterVersion: adapter?.codes.version ?? '',
          /** Of the document with the overrides: what a change is written on. 0: none was published yet. */
          overrideVersion: snapshot.versions.get(`response_codes/${channel.id}`) ?? 0,
          overrides: [...(overrides?.values() ?? [])] as ResponseCodeOverride[],
          rows: effectiveCodes(adapter, overrides).map(shown),
          unmapped: unmapped.map((row) => ({
            operation: row.operation,
            code: row.code,
            message: row.message,
            count: Number(row.count),
            firstSeen: row.firstSeen.getTime(),
            lastSeen: row.lastSeen.getTime(),
            samplePaymentId: row.samplePaymentId,
          })),
          /** No further codes of this channel are kept. */
          full: seen.length >= maxCodesPerChannel,
        };
      }),
    /** What one code means now, for the story of an order. */
    meaning: procedure('channels.read')
      .input(z.strictObject({ channelId, code: z.string().min(1).max(64) }))
      .query(({ input }) => {
        const found = effectiveCode(config.current(), adapters, input.channelId, input.code);
        return found ? shown(found) : null;
      }),
  });
}

const shown = ({ source, unified, owner, payerMessage, ...row }: EffectiveCode) => ({
  ...row,
  unified: unified ?? null,
  owner: owner ?? null,
  payerMessage: payerMessage ?? null,
  documentation: source,
});
