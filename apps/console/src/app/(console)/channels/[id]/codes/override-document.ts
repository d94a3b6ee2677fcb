import type { ResponseCodeOverride } from '@tributary/contracts/response-codes';

type Read = (name: string) => string;

/** A form's override of one code. What was left empty is left out: the adapter's own words stay. */
export function overrideOf(code: string, read: Read): Record<string, unknown> {
  const words = ['meaning', 'meaningEn', ...(read('outcome') === 'declined' ? ['payerMessage'] : [])];
  return {
    code,
    ...Object.fromEntries(words.flatMap((name) => (read(name) === '' ? [] : [[name, read(name)]]))),
    retrySame: read('retrySame') === 'yes',
    outcome:
      read('outcome') === 'declined'
        ? {
            kind: 'declined',
            fault: read('fault'),
            failureCode: read('failureCode'),
            failOver: read('failOver') === 'yes',
          }
        : { kind: 'unknown', fault: read('fault') },
  };
}

/** The channel's document with this override in the place of the one before, if there was one. */
export function withOverride(
  channelId: string,
  overrides: readonly ResponseCodeOverride[],
  override: Record<string, unknown>,
): Record<string, unknown> {
  const known = overrides.some(({ code }) => code === override.code);
  return {
    id: channelId,
    overrides: known ? overrides.map((one) => (one.code === override.code ? override : one)) : [...overrides, override],
  };
}

export const withoutOverride = (
  channelId: string,
  overrides: readonly ResponseCodeOverride[],
  code: string,
): Record<string, unknown> => ({ id: channelId, overrides: overrides.filter((one) => one.code !== code) });
