import { createHash, createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** A demo merchant as `.data/demo.json` lists it. */
export type DemoMerchant = {
  id: string;
  name: string;
  keyId: string;
  apiKey: string;
  signingKeyId: string;
  signingKey: string;
  webhookSecret: string;
};

export type ApiAnswer = { status: number; body: Record<string, unknown>; ms: number };

export type MerchantClient = ReturnType<typeof createMerchantClient>;

/** A merchant's integration in miniature: signed requests over keep-alive connections, as docs/api.md describes them. */
export function createMerchantClient(
  engineUrl: string,
  merchant: DemoMerchant,
  /** Repeats what was cut off or could not be taken, as the docs say: the same request under the same key. */
  { patient = false }: { patient?: boolean } = {},
) {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 10_000 });
  const key = createPrivateKey(merchant.signingKey);

  async function callOnce(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const started = performance.now();
    const response = await request(engineUrl + path, {
      method,
      dispatcher: agent,
      headers: {
        ...signatureHeaders(merchant.signingKeyId, key, method, path, text),
        ...(text ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(text ? { body: text } : {}),
    });
    const answer = await response.body.text();
    return { status: response.statusCode, body: parse(answer), ms: performance.now() - started };
  }

  async function call(...request: Parameters<typeof callOnce>): Promise<ApiAnswer> {
    const began = performance.now();
    for (let tries = 0; ; tries++) {
      const mayAgain = patient && performance.now() - began < patienceMs;
      const answer = await callOnce(...request).catch((error: unknown) => {
        if (mayAgain) return undefined;
        throw error;
      });
      const again = answer === undefined || [502, 503].includes(answer.status) || isInFlight(answer);
      if (answer && !(again && mayAgain)) return answer;
      await sleep(Math.min(100 * 2 ** tries, 2_000));
    }
  }

  return {
    merchant,
    place: (payment: unknown, idempotencyKey: string = randomUUID()) =>
      call('POST', '/v1/payments', payment, { 'idempotency-key': idempotencyKey }),
    find: (id: string) => call('GET', `/v1/payments/${id}`),
    close: (id: string) => call('POST', `/v1/payments/${id}/close`),
    refund: (id: string, refund: unknown, idempotencyKey: string = randomUUID()) =>
      call('POST', `/v1/payments/${id}/refunds`, refund, { 'idempotency-key': idempotencyKey }),
    findRefund: (id: string) => call('GET', `/v1/refunds/${id}`),
    end: () => agent.close(),
  };
}

/** What stands between us and the engine does not always speak JSON. */
function parse(text: string): Record<string, unknown> {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return {};
  }
}

/** Longer than it takes to be cut off late, and then the engine to give up the key of a request whose process died. */
const patienceMs = 240_000;

/** The first request with this key died with its process, or is still at work. */
const isInFlight = ({ body }: ApiAnswer): boolean => body.code === 'idempotency_key_in_flight';

function signatureHeaders(
  keyId: string,
  key: KeyObject,
  method: string,
  path: string,
  body: string,
): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1000).toString();
  const nonce = randomUUID();
  const digest = createHash('sha256').update(body).digest('hex');
  const message = `${method}\n${path}\n${timestamp}\n${nonce}\n${digest}\n`;
  return {
    'tributary-key': keyId,
    'tributary-timestamp': timestamp,
    'tributary-nonce': nonce,
    'tributary-signature': sign(null, Buffer.from(message), key).toString('base64'),
  };
}
