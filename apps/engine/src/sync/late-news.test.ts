import type { ChannelResult } from '@tributary/channels/channel-result';
import { describe, expect, it } from 'vitest';
import type { CallChannel } from '../payments/ports.ts';
import { createLateNews, type ToldAttempt } from './late-news.ts';

const target = { paymentId: 'pay_01KAMC3M000000000000000000', attemptNo: 1 };
const paid: ChannelResult = { kind: 'succeeded', channelTxn: 't', paid: { amountMinor: 1n, currency: 'CNY' } };

function weighWith(answer: ChannelResult) {
  const asked: string[] = [];
  const recorded: unknown[] = [];
  const weigh = createLateNews({
    callChannel: (async (_: unknown, call: { op: string }) => {
      asked.push(call.op);
      return { result: answer, exchange: { op: call.op } };
    }) as unknown as CallChannel,
    recordResult: async (_, result, source) => {
      recorded.push([result.kind, source.actor, source.note]);
      return 'changed';
    },
  });
  const of = (own: Partial<ToldAttempt>, result = paid) =>
    weigh(
      target,
      {
        channelId: 'alipay',
        accountId: 'a',
        requestNo: 'R1',
        status: 'closed',
        product: 'codepay',
        reversing: false,
        ...own,
      },
      result,
      { actor: 'callback', notifyId: 'n' },
    );
  return { of, asked, recorded };
}

describe('news of money about an order that was given up', () => {
  it('waits while a reversal is on its way', async () => {
    const { of, asked } = weighWith(paid);
    expect(await of({ status: 'unknown', reversing: true })).toBe('unsettled');
    expect(asked).toEqual([]);
  });

  it.each<Partial<ToldAttempt>>([{}, { product: 'native' }, { status: 'failed' }])(
    'is checked with the channel afterwards: money that went back stays back (%o)',
    async (own) => {
      const { of, asked, recorded } = weighWith({ kind: 'closed' });
      expect(await of(own)).toBe('changed');
      expect([asked, recorded]).toEqual([['query'], [['closed', 'callback', 'attempt.looked_up']]]);
    },
  );

  it('counts when the channel still has the money', async () => {
    const { of, recorded } = weighWith(paid);
    await of({});
    expect(recorded).toEqual([['succeeded', 'callback', 'attempt.looked_up']]);
  });

  it('is to be sent again when the channel can not be asked', async () => {
    for (const answer of [
      { kind: 'unknown', reason: 'timeout' },
      { kind: 'not_sent', reason: 'breaker_open' },
      // A genuine callback knows better than a look-up that finds nothing yet.
      { kind: 'not_found' },
      { kind: 'pending' },
    ] as ChannelResult[]) {
      const { of, recorded } = weighWith(answer);
      expect(await of({})).toBe('unsettled');
      expect(recorded).toEqual([]);
    }
  });

  it.each<[string, Partial<ToldAttempt>, ChannelResult]>([
    ['of an order that is closed, not reversed', { product: 'native', status: 'pending' }, paid],
    ['of an open order that nobody wants closed', { status: 'pending' }, paid],
    ['of an order that succeeded', { status: 'succeeded' }, paid],
    ['of something else than money', {}, { kind: 'closed' }],
  ])('is believed as it is: %s', async (_, own, result) => {
    expect(await weighWith(paid).of(own, result)).toBeUndefined();
  });
});
