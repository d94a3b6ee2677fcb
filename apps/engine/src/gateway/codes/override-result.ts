import type { ChannelOperation } from '@tributary/channels/channel-adapter';
import type { ChannelResult } from '@tributary/channels/channel-result';
import type { ResponseCodeOverride } from '@tributary/contracts/response-codes';

/**
 * What operations know of a channel's code, put over what the adapter made of the answer. Pure.
 *
 * - Only the channel's own word counts: an answer that could not be read or believed has no code that means anything.
 * - `declined` speaks about placing an order only. The same code in the answer to a look-up is about the look-up, and a
 *   payment that may have been taken must not become a failure by it.
 * - `unknown` takes a refusal back, of an order or of a look-up: asking again costs nothing.
 */
export function overrideResult(
  op: ChannelOperation,
  result: ChannelResult,
  overrides: ReadonlyMap<string, ResponseCodeOverride> | undefined,
): ChannelResult {
  if (!overrides || (op !== 'place' && op !== 'query')) return result;
  const isDeclined = result.kind === 'declined';
  const isUnclear = result.kind === 'unknown' && result.reason === 'channel_says_unknown';
  if (!(isDeclined || isUnclear) || !result.raw) return result;
  const override = overrides.get(result.raw.code);
  if (!override) return result;
  const { outcome } = override;
  if (outcome.kind === 'unknown') return { kind: 'unknown', reason: 'channel_says_unknown', raw: result.raw };
  // A refusal that is one already may be given other words whoever asked; an unclear answer only where it was the order's.
  if (isUnclear && op !== 'place') return result;
  return { kind: 'declined', fault: outcome.fault, code: outcome.failureCode, raw: result.raw };
}
