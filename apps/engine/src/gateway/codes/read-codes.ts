import type { ChannelAdapter, ChannelOperation } from '@tributary/channels/channel-adapter';
import type { ChannelResult, RawCode, RefundResult, TrustResult } from '@tributary/channels/channel-result';
import type { ConfigSource } from '../../config/snapshot.ts';
import { applyCode } from './apply-code.ts';
import { effectiveCode } from './effective-codes.ts';
import { overrideResult } from './override-result.ts';

/** Where an answer came from: a call, or a callback. */
export type AnsweredOperation = ChannelOperation | 'callback';

/** A code that nobody has mapped, once. */
export type UnmappedCode = {
  channelId: string;
  operation: AnsweredOperation;
  raw: RawCode;
  /** Our number of the attempt at the channel. */
  requestNo: string | undefined;
};

export type ReadCodes = <Result extends ChannelResult | RefundResult | TrustResult>(
  answer: { channelId: string; operation: AnsweredOperation; requestNo?: string },
  result: Result,
) => Result;

/** Reads what a channel said by the adapter's table and by what operations know better; tells of codes in neither. */
export function createReadCodes({
  config,
  adapters,
  onUnmapped,
}: {
  config: ConfigSource;
  adapters: ReadonlyMap<string, ChannelAdapter>;
  onUnmapped?: (unmapped: UnmappedCode) => void;
}): ReadCodes {
  return ({ channelId, operation, requestNo }, result) => {
    if (result.kind === 'trusted') return result;
    const { raw } = result;
    // Nobody can say whose words an answer holds whose signature does not fit.
    const believed = result.kind !== 'not_sent' && (result.kind !== 'unknown' || !unproven.has(result.reason));
    if (!raw || !believed) return result;
    const snapshot = config.current();
    const code = effectiveCode(snapshot, adapters, channelId, raw.code);
    if (!code) {
      onUnmapped?.({ channelId, operation, raw, requestNo });
      return result;
    }
    if (operation === 'fetchTrust') return result;
    const overrides = snapshot.responseCodes.get(channelId);
    const read =
      operation === 'place' || operation === 'query'
        ? overrideResult(operation, result as ChannelResult, overrides)
        : (result as ChannelResult | RefundResult);
    return applyCode(read, code) as typeof result;
  };
}

const unproven = new Set(['bad_signature', 'http_status', 'timeout', 'connection_lost', 'too_large']);
