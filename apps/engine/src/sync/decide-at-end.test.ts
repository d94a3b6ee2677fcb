import type { ChannelResult } from '@tributary/channels/channel-result';
import { describe, expect, it } from 'vitest';
import { decideAtEnd, type Ending, goneAfterMs, neverArrived, strayGraceMs } from './decide-at-end.ts';

const expiresAt = new Date('2026-11-23T08:15:00Z');
const after = (ms: number) => new Date(expiresAt.getTime() + ms);
const ending = (own: Partial<Ending> = {}): Ending => ({
  now: after(0),
  expiresAt,
  by: 'close',
  seen: false,
  reversing: false,
  notFoundSince: undefined,
  ...own,
});
const said = {
  pending: { kind: 'pending' },
  refusedSoFar: { kind: 'pending', unpaidSoFar: true },
  succeeded: { kind: 'succeeded', channelTxn: 'T', paid: { amountMinor: 1n, currency: 'CNY' } },
  declined: { kind: 'declined', fault: 'payer', code: 'payer_declined', raw: { code: 'X', message: '' } },
  closed: { kind: 'closed' },
  unknown: { kind: 'unknown', reason: 'timeout' },
  not_sent: { kind: 'not_sent', reason: 'breaker_open' },
  not_found: { kind: 'not_found' },
} as const satisfies Record<string, ChannelResult>;
const ages = after(strayGraceMs + goneAfterMs.atTheTill);

describe('the end of an attempt', () => {
  it.each(['close', 'reverse'] as const)('is a %s at the channel, however often it does not know the order', (by) => {
    for (const now of [after(0), ages])
      for (const kind of ['pending', 'refusedSoFar', 'not_found'] as const)
        expect(decideAtEnd(said[kind], ending({ by, now, notFoundSince: after(0) }))).toBe(by);
  });

  it.each(['succeeded', 'declined', 'closed', 'unknown', 'not_sent'] as const)('is not made after "%s"', (kind) => {
    for (const by of ['close', 'reverse', 'expiry'] as const)
      expect(decideAtEnd(said[kind], ending({ by, now: ages }))).toBe('wait');
  });

  it('is another reversal while one may be on its way, though the channel says that it is paid', () => {
    expect(decideAtEnd(said.succeeded, ending({ by: 'reverse', reversing: true }))).toBe('reverse');
    expect(decideAtEnd(said.not_found, ending({ by: 'reverse', reversing: true }))).toBe('reverse');
    expect(decideAtEnd(said.unknown, ending({ by: 'reverse', reversing: true }))).toBe('wait');
  });

  it('where only the expiry ends an order: when the payer was refused to the last, never while it is in process', () => {
    const at = (ms: number) => ending({ by: 'expiry', now: after(ms), seen: true });
    expect(decideAtEnd(said.refusedSoFar, at(strayGraceMs - 1))).toBe('wait');
    expect(decideAtEnd(said.refusedSoFar, at(strayGraceMs))).toMatchObject({ raw: { code: 'EXPIRED_UNPAID' } });
    expect(decideAtEnd(said.pending, at(30 * 86_400_000))).toBe('wait');
  });
});

describe('an order that never arrived', () => {
  const gone = { now: ages, notFoundSince: after(strayGraceMs), by: 'reverse' } as const;

  it('is one that the channel did not know for long after its time', () => {
    expect(neverArrived(ending(gone))).toMatchObject({ kind: 'closed', raw: { code: 'NEVER_ARRIVED' } });
    expect(neverArrived(ending({ ...gone, notFoundSince: after(strayGraceMs + 1) }))).toBeUndefined();
    expect(neverArrived(ending({ ...gone, notFoundSince: undefined }))).toBeUndefined();
    expect(neverArrived(ending({ now: after(strayGraceMs - 1), notFoundSince: after(-3_600_000) }))).toBeUndefined();
  });

  it('is none that the channel once knew', () => {
    for (const by of ['close', 'reverse'] as const)
      expect(neverArrived(ending({ ...gone, by, seen: true }))).toBeUndefined();
  });

  it('is one that was told of its expiry soon after that, as a code that nobody has scanned', () => {
    const now = after(strayGraceMs);
    expect(neverArrived(ending({ now, notFoundSince: after(0) }))).toMatchObject({ raw: { code: 'NEVER_ARRIVED' } });
    expect(neverArrived(ending({ now, notFoundSince: after(1) }))).toBeUndefined();
    expect(neverArrived(ending({ now, notFoundSince: after(0), by: 'reverse' }))).toBeUndefined();
  });

  it('where the channel was told of the expiry: one that it did not know twice after it', () => {
    const by = { by: 'expiry', seen: true } as const;
    const now = after(strayGraceMs + goneAfterMs.told);
    expect(decideAtEnd(said.not_found, ending({ ...by, now }))).toBe('wait');
    expect(decideAtEnd(said.not_found, ending({ ...by, now, notFoundSince: after(strayGraceMs) }))).toMatchObject({
      raw: { code: 'NEVER_ARRIVED' },
    });
  });
});
