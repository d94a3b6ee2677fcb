import * as z from 'zod';
import type {
  ChannelAdapter,
  ChannelCall,
  ChannelSession,
  ResultOf,
  StoredAccount,
  WireReply,
} from '../channel-adapter.ts';
import { configSchema, openAccount, secretsSchema } from './account.ts';
import { buildRequest } from './build-request.ts';
import { parseNotify } from './parse-notify.ts';
import { parseResponse } from './parse-response.ts';
import { codeTable } from './status-map.ts';

// Any 2xx means "taken"; anything else is sent again.
const taken: WireReply = { status: 204, headers: {}, body: '' };
const sendAgain: WireReply = { status: 503, headers: {}, body: '' };

function open(stored: StoredAccount): ChannelSession {
  const account = openAccount(stored);
  return {
    buildRequest: (call, at, nonce) => buildRequest(account, call, at, nonce),
    parseResponse: <Call extends ChannelCall>(call: Call, response: Parameters<typeof parseResponse>[2], at: Date) =>
      // Which reader belongs to which call is what ResultOf says; the compiler can't follow that.
      (call.op === 'fetchTrust'
        ? { kind: 'unknown', reason: 'unreadable' }
        : parseResponse(account, call, response, at)) as ResultOf<Call>,
    parseNotify: (notification, at) => parseNotify(account, notification, at),
    acknowledge: (accepted) => (accepted ? taken : sendAgain),
  };
}

/**
 * Riverbank, a provider that does not exist: the channel to read and to copy from when adding one. It is complete, and
 * speaks to the sandbox like every other. See `docs/channels/example.md` for its protocol.
 */
export const example: ChannelAdapter = {
  id: 'example',
  products: new Map([
    ['native', { payer: [] }],
    ['h5', { payer: [] }],
    ['codepay', { payer: ['authCode'] }],
  ]),
  operations: new Set(['place', 'query', 'close', 'reverse', 'refund', 'queryRefund']),
  deadlinesMs: {
    place: 6_000,
    query: 3_000,
    close: 3_000,
    reverse: 8_000,
    refund: 6_000,
    queryRefund: 3_000,
  },
  syncSchedule: {
    firstSeconds: 5,
    steps: [{ everySeconds: 5, times: 12 }],
    backoff: { baseSeconds: 30, maxSeconds: 600 },
  },
  reversedProducts: new Set(['codepay']),
  // The same words under the same number bring the same order.
  repeatableProducts: new Set(['native', 'h5']),
  codes: codeTable,
  signatureRefusals: new Set(['SIGNATURE_INVALID']),
  accountJsonSchema: { config: z.toJSONSchema(configSchema), secrets: z.toJSONSchema(secretsSchema) },
  sensitiveFields: new Set(['Riverbank-Signature', 'riverbank-signature', 'payCode', 'payUrl']),
  open,
};
