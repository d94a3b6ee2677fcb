import type { ChannelAdapter, ChannelCall, ResultOf, WireReply } from '@tributary/channels/channel-adapter';
import { buildCodeTable } from '@tributary/channels/code-table';

const reply: WireReply = { status: 200, headers: {}, body: '' };
const deadlineMs = 5_000;

/** What every order of the benchmark costs, in minor units. */
export const amount = 1_000n;

/** How many look-ups an order takes until it is paid, 1 to 3, by its request number. */
export const lookUpsNeeded = (requestNo: string): number => 1 + (requestNo.charCodeAt(20) % 3);

/** A channel whose ledger counts who asks: no cryptography, so that two cores can carry four workers. */
export const ledgerChannel: ChannelAdapter = {
  id: 'ledger',
  products: new Map([['native', { payer: [] }]]),
  operations: new Set(['place', 'query', 'close', 'refund', 'queryRefund'] as const),
  deadlinesMs: {
    place: deadlineMs,
    query: deadlineMs,
    close: deadlineMs,
    reverse: deadlineMs,
    refund: deadlineMs,
    queryRefund: deadlineMs,
    fetchTrust: deadlineMs,
  },
  syncSchedule: { firstSeconds: 1, steps: [], backoff: { baseSeconds: 2, maxSeconds: 10 } },
  reversedProducts: new Set(),
  repeatableProducts: new Set(),
  accountJsonSchema: { config: {}, secrets: {} },
  codes: buildCodeTable('1', [], {}),
  sensitiveFields: new Set(),
  open: () => ({
    buildRequest: (call) => ({
      method: 'POST',
      path: `/${call.op}/${'requestNo' in call ? call.requestNo : ''}`,
      headers: {},
      body: '',
    }),
    parseResponse: <Call extends ChannelCall>(call: Call, { body }: { body: Buffer }) => {
      const requestNo = 'requestNo' in call ? call.requestNo : '';
      const paid = body.toString() === 'paid';
      const result = paid
        ? { kind: 'succeeded', channelTxn: `T${requestNo}`, paid: { amountMinor: amount, currency: 'CNY' } }
        : { kind: 'pending' };
      return result as ResultOf<Call>;
    },
    parseNotify: () => ({ kind: 'refused', reason: 'unsupported' }),
    acknowledge: () => reply,
  }),
};
