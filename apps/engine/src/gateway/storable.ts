import type { ChannelCall, ChannelSession } from '@tributary/channels/channel-adapter';

const replacement = '\uFFFD';

/**
 * What came from outside, fit for the database: Postgres stores neither NUL nor half a surrogate pair, in text or in JSON,
 * and a channel's answer that holds one must not be lost for that. Each becomes U+FFFD, also in the names of fields. Data of
 * JSON's shapes, with big integers; everything else is left as it is. What needs no change is returned itself.
 */
export function storable<Value>(value: Value): Value {
  return clean(value) as Value;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') {
    const whole = value.isWellFormed() ? value : value.toWellFormed();
    return whole.includes('\0') ? whole.replaceAll('\0', replacement) : whole;
  }
  if (Array.isArray(value)) {
    const cleaned = value.map(clean);
    return cleaned.some((one, at) => one !== value[at]) ? cleaned : value;
  }
  if (value === null || typeof value !== 'object') return value;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const fields = Object.entries(value);
  const cleaned = fields.map(([name, one]) => [clean(name), clean(one)] as const);
  const isSame = cleaned.every(([name, one], at) => name === fields[at]?.[0] && one === fields[at]?.[1]);
  return isSame ? value : Object.fromEntries(cleaned);
}

/** A session whose readings can be stored. What the channel signed was checked before, on its own bytes. */
export const readingStorable = (session: ChannelSession): ChannelSession => ({
  ...session,
  parseResponse: <Call extends ChannelCall>(call: Call, ...rest: RestOf<'parseResponse'>) =>
    storable(session.parseResponse(call, ...rest)),
  parseNotify: (...given) => storable(session.parseNotify(...given)),
});

type RestOf<Name extends 'parseResponse'> =
  Parameters<ChannelSession[Name]> extends [unknown, ...infer Rest] ? Rest : never;
