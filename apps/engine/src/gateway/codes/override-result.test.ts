import type { ChannelOperation } from '@tributary/channels/channel-adapter';
import type { ChannelResult } from '@tributary/channels/channel-result';
import type { ResponseCodeOverride } from '@tributary/contracts/response-codes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overrideResult } from './override-result.ts';

const overrides = new Map<string, ResponseCodeOverride>([
  ['BANK_BUSY', { code: 'BANK_BUSY', outcome: { kind: 'declined', fault: 'issuer', failureCode: 'issuer_declined' } }],
  ['ODD', { code: 'ODD', outcome: { kind: 'unknown' } }],
]);
const raw = (code: string) => ({ code, message: 'as the channel says' });
const unclear = (code: string): ChannelResult => ({ kind: 'unknown', reason: 'channel_says_unknown', raw: raw(code) });
const declined = (code: string): ChannelResult => ({
  kind: 'declined',
  fault: 'channel',
  code: 'channel_declined',
  raw: raw(code),
});

describe('what operations know of a response code', () => {
  it('makes an unclear answer to an order a definite refusal, where they say so', () => {
    expect(overrideResult('place', unclear('BANK_BUSY'), overrides)).toEqual({
      kind: 'declined',
      fault: 'issuer',
      code: 'issuer_declined',
      raw: raw('BANK_BUSY'),
    });
  });

  it('never makes a payment fail by the answer to a look-up', () => {
    expect(overrideResult('query', unclear('BANK_BUSY'), overrides)).toEqual(unclear('BANK_BUSY'));
  });

  it('gives a refusal other words, and takes one back', () => {
    expect(overrideResult('query', declined('BANK_BUSY'), overrides)).toMatchObject({ code: 'issuer_declined' });
    for (const op of ['place', 'query'] as const)
      expect(overrideResult(op, declined('ODD'), overrides)).toEqual(unclear('ODD'));
  });

  it('leaves everything else as it is: successes, answers that were not believed, other operations, other codes', () => {
    const others: ChannelResult[] = [
      { kind: 'succeeded', channelTxn: 't', paid: { amountMinor: 1n, currency: 'CNY' }, raw: raw('BANK_BUSY') },
      { kind: 'pending', raw: raw('BANK_BUSY') },
      { kind: 'closed', raw: raw('BANK_BUSY') },
      { kind: 'not_found', raw: raw('BANK_BUSY') },
      { kind: 'not_sent', reason: 'connection_refused', raw: raw('BANK_BUSY') },
      ...(['timeout', 'bad_signature', 'unreadable', 'already_paid', 'amount_mismatch'] as const).map(
        (reason): ChannelResult => ({ kind: 'unknown', reason, raw: raw('BANK_BUSY') }),
      ),
      unclear('SOMETHING_ELSE'),
      { kind: 'unknown', reason: 'channel_says_unknown' },
    ];
    const ops: ChannelOperation[] = ['place', 'query', 'close', 'reverse', 'refund', 'queryRefund'];
    fc.assert(
      fc.property(fc.constantFrom(...ops), fc.constantFrom(...others), (op, result) => {
        expect(overrideResult(op, result, overrides)).toBe(result);
      }),
    );
    for (const op of ['close', 'reverse', 'refund', 'queryRefund'] as const)
      expect(overrideResult(op, unclear('BANK_BUSY'), overrides)).toEqual(unclear('BANK_BUSY'));
  });
});
