import { describe, expect, it } from 'vitest';
import { decideAtEnd } from './decide-at-end.ts';

const expiresAt = new Date('2026-11-23T08:15:00Z');
const after = (ms: number) => new Date(expiresAt.getTime() + ms);

describe('the end of an attempt', () => {
  it.each([
    ['pending', 0, 'close'],
    ['pending', 999_999, 'close'],
    ['succeeded', 0, 'wait'],
    ['declined', 0, 'wait'],
    ['closed', 0, 'wait'],
    ['unknown', 999_999, 'wait'],
    ['not_sent', 999_999, 'wait'],
    ['not_found', -1, 'close'],
    ['not_found', 59_999, 'close'],
  ] as const)('after "%s", %i ms past expiry: %s', (lookUp, ms, expected) => {
    expect(decideAtEnd(lookUp, after(ms), expiresAt, 'close')).toBe(expected);
  });

  it('closes an order that never arrived only when it can no longer arrive', () => {
    expect(decideAtEnd('not_found', after(60_000), expiresAt, 'close')).toMatchObject({
      kind: 'closed',
      raw: { code: 'NEVER_ARRIVED' },
    });
  });

  it('waits for the expiry where nothing else ends an order, and takes it for the end then', () => {
    expect(decideAtEnd('pending', after(-1), expiresAt, 'expiry')).toBe('wait');
    expect(decideAtEnd('not_found', after(59_999), expiresAt, 'expiry')).toBe('wait');
    expect(decideAtEnd('pending', after(60_000), expiresAt, 'expiry')).toMatchObject({
      kind: 'closed',
      raw: { code: 'EXPIRED_UNPAID' },
    });
    expect(decideAtEnd('unknown', after(999_999), expiresAt, 'expiry')).toBe('wait');
  });
});
