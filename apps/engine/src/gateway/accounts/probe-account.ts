import { randomBytes } from 'node:crypto';
import type {
  ChannelAdapter,
  ChannelCall,
  ChannelSession,
  StoredAccount,
  WireRequest,
  WireResponse,
} from '@tributary/channels/channel-adapter';
import type { TrustedKey } from '@tributary/channels/channel-result';
import type { Clock } from '../../platform/ports/clock.ts';
import { maskBody, maskHeaders, maskPath, maskText } from '../mask.ts';
import type { Send, SendOutcome } from '../send.ts';

/**
 * What a probe found. `ok`: the channel took our signature and its answer bears the signature that we expect.
 *
 * - `unusable`: the account's own parts do not make a request.
 * - `unreachable`, `no_answer`, `connection_lost`: nothing is listening there, or it does not answer whole.
 * - `our_key_refused`: the channel does not take our signature: private key or certificate number is wrong.
 * - `channel_key_wrong`: something answered, but not with the channel's key that the account names.
 * - `trust_unreadable`: the channel's certificates came and could not be opened: the key they are sealed with is wrong.
 * - `merchant_refused`: signatures are right both ways; the channel does not know the merchant, or gives it no right.
 * - `refused`: the channel said something else, in `code` and `message`.
 */
export type ProbeVerdict =
  | 'ok'
  | 'unusable'
  | 'unreachable'
  | 'no_answer'
  | 'connection_lost'
  | 'our_key_refused'
  | 'channel_key_wrong'
  | 'trust_unreadable'
  | 'merchant_refused'
  | 'refused';

/** As kept with the version. */
export type ProbeRecord = {
  verdict: ProbeVerdict;
  /** The channel's own words. */
  code: string | null;
  message: string | null;
  /** HTTP status of the answer. */
  status: number | null;
  durationMs: number;
  /** ISO 8601. */
  at: string;
  by: string;
  node: string;
};

/** One exchange of a probe, masked. */
export type ProbeExchange = {
  op: ChannelCall['op'];
  request: { method: string; url: string; headers: Record<string, string>; body: string };
  response: { status: number; headers: Record<string, string>; body: string } | undefined;
  error: string | undefined;
};

export type Probed = Pick<ProbeRecord, 'verdict' | 'code' | 'message' | 'status' | 'durationMs'> & {
  exchanges: ProbeExchange[];
  /** The channel's signing keys as fetched on the way. */
  trust: TrustedKey[] | undefined;
};

type Found = { verdict: ProbeVerdict; code?: string; message?: string; status?: number };
type Result = { kind: string; reason?: string; raw?: { code: string; message: string }; keys?: TrustedKey[] };

const deadlineMs = 8_000;

/**
 * Tries an account for real, with its own keys and by the gateway's sender, and harms nothing: it asks for an order that
 * does not exist. That the channel says so, signed, proves the keys of both directions. Neither bulkhead nor breaker
 * has a say: a person wants to know now. Never throws.
 */
export async function probeAccount({
  adapter,
  account,
  trust,
  send,
  clock,
}: {
  adapter: ChannelAdapter;
  account: StoredAccount;
  trust: readonly TrustedKey[];
  send: Send;
  clock: Clock;
}): Promise<Probed> {
  const started = clock.monotonicMs();
  const exchanges: ProbeExchange[] = [];
  let fetched: TrustedKey[] | undefined;
  const found = await tryOut().catch((error: unknown): Found => ({ verdict: 'unusable', message: textOf(error) }));
  return {
    verdict: found.verdict,
    code: found.code ?? null,
    message: found.message ?? null,
    status: found.status ?? null,
    durationMs: Math.round(clock.monotonicMs() - started),
    exchanges,
    trust: fetched,
  };

  async function tryOut(): Promise<Found> {
    let session = adapter.open(account, trust);
    if (needsFetchedKeys(account.config) && adapter.operations.has('fetchTrust')) {
      const call = { op: 'fetchTrust' } as const;
      const outcome = await exchange(session, call);
      if (!('response' in outcome)) return outcome;
      const { result, response } = outcome;
      if (result.kind !== 'trusted' || !result.keys?.length) {
        const sealed = response.status === 200 && result.reason === 'unreadable';
        return sealed ? { verdict: 'trust_unreadable', status: 200 } : judge(result, response);
      }
      fetched = result.keys;
      session = adapter.open(account, fetched);
    }
    const [product = 'native'] = adapter.products.keys();
    // In the form of our own numbers, and no payment's: those have a time in front.
    const requestNo = `0PROBE${randomBytes(10).toString('hex').toUpperCase()}`;
    const call = { op: 'query', product, requestNo, orderedAt: clock.now() } as const;
    const outcome = await exchange(session, call);
    if (!('response' in outcome)) return outcome;
    return judge(outcome.result, outcome.response);
  }

  async function exchange(
    session: ChannelSession,
    call: ChannelCall,
  ): Promise<{ response: WireResponse; result: Result } | Found> {
    const request = session.buildRequest(call, clock.now(), randomBytes(16).toString('hex'));
    if ('credential' in request) return { verdict: 'unusable', message: 'a look-up sends nothing' };
    const kept: ProbeExchange = {
      op: call.op,
      request: shownRequest(request),
      response: undefined,
      error: undefined,
    };
    exchanges.push(kept);
    const outcome = await send(account.baseUrl, request, deadlineMs);
    if (outcome.kind !== 'answered') {
      kept.error = maskText(outcome.error);
      return { verdict: silence[outcome.kind], message: kept.error };
    }
    const { response } = outcome;
    const result = session.parseResponse(call, response, clock.now()) as Result;
    // Of what the channel did not sign only the size: an address may be anybody's, and this is no way to read pages.
    const isSigned = result.kind !== 'unknown' || result.reason === 'channel_says_unknown';
    kept.response = {
      status: response.status,
      headers: isSigned ? maskHeaders(response.headers, adapter.sensitiveFields) : {},
      body: isSigned
        ? maskBody(response.body.toString(), adapter.sensitiveFields)
        : `(${response.body.length} bytes, not signed by the channel)`,
    };
    return { response, result };
  }

  function shownRequest(request: WireRequest): ProbeExchange['request'] {
    return {
      method: request.method,
      url: account.baseUrl + maskPath(request.path, adapter.sensitiveFields),
      headers: maskHeaders(request.headers, adapter.sensitiveFields),
      body: maskBody(request.body, adapter.sensitiveFields),
    };
  }

  function judge({ kind, reason, raw }: Result, { status }: WireResponse): Found {
    const said = { status, ...(raw ? { code: raw.code, message: maskText(raw.message) } : {}) };
    // A number that nobody ever used may be found at a channel that makes its orders up; it was signed all the same.
    if (['not_found', 'pending', 'succeeded', 'closed'].includes(kind)) return { verdict: 'ok', ...said };
    if (raw && adapter.signatureRefusals?.has(raw.code)) return { verdict: 'our_key_refused', ...said };
    if (reason !== 'bad_signature' && raw && adapter.codes.find(raw.code)?.owner === 'merchant')
      return { verdict: 'merchant_refused', ...said };
    // Refused at the door, unsigned: what a channel does when it does not know who asks.
    if (status === 401 || status === 403) return { verdict: 'our_key_refused', ...said };
    if (reason === 'bad_signature') return { verdict: 'channel_key_wrong', ...said };
    return { verdict: 'refused', ...said };
  }
}

const silence: Record<Exclude<SendOutcome['kind'], 'answered'>, ProbeVerdict> = {
  not_sent: 'unreachable',
  timeout: 'no_answer',
  connection_lost: 'connection_lost',
  too_large: 'refused',
};

/** Whether the account checks signatures by keys that are fetched. */
export const needsFetchedKeys = (config: unknown): boolean =>
  (config as { verification?: { mode?: string } } | undefined)?.verification?.mode === 'certificate';

const textOf = (error: unknown): string => maskText(error instanceof Error ? error.message : String(error));
