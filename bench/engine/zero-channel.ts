import type { ChannelAdapter, ChannelCall, ResultOf, WireReply } from '@tributary/channels/channel-adapter';
import { buildCodeTable } from '@tributary/channels/code-table';

const reply: WireReply = { status: 200, headers: {}, body: '' };

/** A channel inside the process that answers at once and does no cryptography: what is left is our own cost. */
export const zeroChannel: ChannelAdapter = {
  id: 'zero',
  products: new Map([['native', { payer: [] }]]),
  operations: new Set(['place', 'query', 'close', 'refund', 'queryRefund'] as const),
  deadlinesMs: {
    place: 1000,
    query: 1000,
    close: 1000,
    reverse: 1000,
    refund: 1000,
    queryRefund: 1000,
    fetchTrust: 1000,
  },
  syncSchedule: { firstSeconds: 600, steps: [], backoff: { baseSeconds: 600, maxSeconds: 600 } },
  reversedProducts: new Set(),
  repeatableProducts: new Set(),
  accountJsonSchema: { config: {}, secrets: {} },
  codes: buildCodeTable('1', [], {}),
  sensitiveFields: new Set(),
  open: () => ({
    buildRequest: (call) => ({
      method: 'POST',
      path: `/${call.op}`,
      headers: {},
      body: JSON.stringify('requestNo' in call ? { requestNo: call.requestNo } : {}),
    }),
    parseResponse: <Call extends ChannelCall>() =>
      ({ kind: 'pending', credential: { type: 'qr', url: 'zero://pay' } }) as ResultOf<Call>,
    parseNotify: () => ({ kind: 'refused', reason: 'unsupported' }),
    acknowledge: () => reply,
  }),
};
