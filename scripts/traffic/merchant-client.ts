import { createHash, createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import { Agent, request } from 'undici';

/** A demo merchant as `.data/demo.json` lists it. */
export type DemoMerchant = {
  id: string;
  name: string;
  keyId: string;
  apiKey: string;
  signingKeyId: string;
  signingKey: string;
};

export type ApiAnswer = { status: number; body: Record<string, unknown>; ms: number };

export type MerchantClient = ReturnType<typeof createMerchantClient>;

/** A merchant's integration in miniature: signed requests over keep-alive connections, as docs/api.md describes them. */
export function createMerchantClient(engineUrl: string, merchant: DemoMerchant) {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 10_000 });
  const key = createPrivateKey(merchant.signingKey);

  async function call(
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
    return { status: response.statusCode, body: answer ? JSON.parse(answer) : {}, ms: performance.now() - started };
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
