import type { ChannelCall, ChannelSession, NotifyResult, ResultOf } from '@tributary/channels/channel-adapter';

/** An older version of an account that still checks what comes in, until its overlap ends. */
export type OlderVersion = { version: number; until: Date; session: ChannelSession };

/** What an older version was good for. */
export type OlderUse = { version: number; what: 'answer' | 'callback' };

// What a wrong key of either side looks like; everything else is the same for both versions.
const answeredByOther = new Set(['bad_signature', 'unreadable']);
const calledByOther = new Set(['bad_signature', 'unknown_key', 'unreadable']);

/**
 * An account while its keys change hands: everything is sent by the version in force; what comes in and does not fit it
 * is read once more by the versions before, for as long as their overlap lasts. Pure.
 * @param told of every answer and callback that only an older version could read
 */
export function withOverlap(
  current: ChannelSession,
  older: readonly OlderVersion[],
  told: (use: OlderUse) => void,
): ChannelSession {
  if (older.length === 0) return current;

  function parseResponse<Call extends ChannelCall>(
    call: Call,
    response: Parameters<ChannelSession['parseResponse']>[1],
    at: Date,
  ): ResultOf<Call> {
    const result = current.parseResponse(call, response, at);
    if (!isUnread(result)) return result;
    for (const { version, until, session } of older) {
      if (until <= at) continue;
      const other = session.parseResponse(call, response, at);
      if (isUnread(other)) continue;
      told({ version, what: 'answer' });
      return other;
    }
    return result;
  }

  function parseNotify(notification: Parameters<ChannelSession['parseNotify']>[0], at: Date): NotifyResult {
    const result = current.parseNotify(notification, at);
    if (result.kind !== 'refused' || !calledByOther.has(result.reason)) return result;
    for (const { version, until, session } of older) {
      if (until <= at) continue;
      const other = session.parseNotify(notification, at);
      if (other.kind === 'refused') continue;
      told({ version, what: 'callback' });
      return other;
    }
    return result;
  }

  return { ...current, parseResponse, parseNotify };
}

const isUnread = (result: { kind: string; reason?: string }): boolean =>
  result.kind === 'unknown' && answeredByOther.has(result.reason ?? '');
