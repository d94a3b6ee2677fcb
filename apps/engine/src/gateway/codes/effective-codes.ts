import type { ChannelAdapter } from '@tributary/channels/channel-adapter';
import type { CodeRow } from '@tributary/channels/code-table';
import type { ResponseCodeOverride } from '@tributary/contracts/response-codes';
import type { ConfigSnapshot } from '../../config/snapshot.ts';

/** A code as it counts here and now: the adapter's row with what operations know better laid over it. */
export type EffectiveCode = CodeRow & {
  from: 'adapter' | 'override';
  payerMessage: string | undefined;
};

/** @returns undefined for a code that neither the adapter nor operations have mapped */
export function effectiveCode(
  { channels, responseCodes }: Pick<ConfigSnapshot, 'channels' | 'responseCodes'>,
  adapters: ReadonlyMap<string, Pick<ChannelAdapter, 'codes'>>,
  channelId: string,
  code: string,
): EffectiveCode | undefined {
  const row = adapters.get(channels.get(channelId)?.adapter ?? '')?.codes?.find(code);
  const override = responseCodes.get(channelId)?.get(code);
  if (override) return overlaid(row, override);
  return row && { ...row, from: 'adapter', payerMessage: undefined };
}

/** Every code of a channel, those of its adapter first. */
export function effectiveCodes(
  adapter: Pick<ChannelAdapter, 'codes'> | undefined,
  overrides: ReadonlyMap<string, ResponseCodeOverride> | undefined,
): EffectiveCode[] {
  const rows = adapter?.codes.rows ?? [];
  const listed = rows.map((row): EffectiveCode => {
    const override = [...(overrides?.values() ?? [])].find(({ code }) => adapter?.codes.find(code) === row);
    return override ? overlaid(row, override) : { ...row, from: 'adapter', payerMessage: undefined };
  });
  const added = [...(overrides?.values() ?? [])].filter(({ code }) => !adapter?.codes.find(code));
  return [...listed, ...added.map((override) => overlaid(undefined, override))];
}

function overlaid(row: CodeRow | undefined, override: ResponseCodeOverride): EffectiveCode {
  const { code, outcome, meaning, meaningEn, payerMessage } = override;
  const declines = outcome.kind === 'declined';
  return {
    code,
    meaning: {
      zh: meaning ?? row?.meaning.zh ?? meaningEn ?? code,
      en: meaningEn ?? row?.meaning.en ?? meaning ?? code,
    },
    unified: declines ? outcome.failureCode : undefined,
    owner: outcome.fault ?? row?.owner,
    retrySame: override.retrySame ?? row?.retrySame ?? false,
    mayFailOver: declines && (outcome.failOver ?? outcome.fault === 'channel'),
    // `declined` speaks of placing an order; `unknown` takes back what the adapter says of orders and look-ups.
    outcomes: {
      ...row?.outcomes,
      prepay: outcome.kind,
      codepay: outcome.kind,
      ...(row?.outcomes.query === 'declined' ? { query: outcome.kind } : {}),
    },
    source: row?.source ?? '',
    from: 'override',
    payerMessage,
  };
}
