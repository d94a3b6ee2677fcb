import { describe, expect, it } from 'vitest';
import { decideAtEnd } from './decide-at-end.ts';

const expiresAt = new Date('2026-11-23T08:15:00Z');
const after = (ms: number) => new Date(expiresAt.getTime() + ms);

describe('the end of an attempt', () => {
  it.each([
    ['pending', 0, 'ask_to_close'],
    ['pending', 999_999, 'ask_to_close'],
    ['succeeded', 0, 'wait'],
    ['declined', 0, 'wait'],
    ['closed', 0, 'wait'],
    ['unknown', 999_999, 'wait'],
    ['not_sent', 999_999, 'wait'],
    ['not_found', -1, 'ask_to_close'],
    ['not_found', 59_999, 'ask_to_close'],
  ] as const)('after "%s", %i ms past expiry: %s', (lookUp, ms, expected) => {
    expect(decideAtEnd(lookUp, after(ms), expiresAt)).toBe(expected);
  });

  it('closes an order that never arrived only when it can no longer arrive', () => {
    expect(decideAtEnd('not_found', after(60_000), expiresAt)).toMatchObject({
      kind: 'closed',
      raw: { code: 'NEVER_ARRIVED' },
    });
  });
});
