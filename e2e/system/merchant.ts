import { randomUUID } from 'node:crypto';
import type { Payment, Problem, Refund } from '@tributary/contracts/payment';
import { type System, until } from './processes.ts';

type Fault = Partial<Omit<Problem, 'status'>>;

export type Answer<Body> = { status: number; body: Body; headers: Headers };

/** A merchant of the demonstration with nothing but fetch and an API key. */
export function createMerchant({ urls, demo, control }: System, index = 0) {
  const merchant = demo.merchants[index];
  if (!merchant) throw new Error('no such demo merchant');

  async function call<Body>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const raw = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(urls.engine + path, {
      method,
      headers: {
        authorization: `Bearer ${merchant?.apiKey}`,
        ...(raw === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(raw === undefined ? {} : { body: raw }),
    });
    const text = await response.text();
    return { status: response.status, body: (text ? JSON.parse(text) : {}) as Body, headers: response.headers };
  }

  const order = (own: object = {}) => ({
    merchantOrderNo: `E-${randomUUID()}`,
    serviceId: 'wechat.native',
    amount: 1299,
    currency: 'CNY',
    subject: 'Flat white',
    ...own,
  });
  const place = (own: object = {}, key: string = randomUUID()) =>
    call<Payment & Fault>('POST', '/v1/payments', order(own), { 'idempotency-key': key });
  const find = async (id: string) => (await call<Payment>('GET', `/v1/payments/${id}`)).body;

  return {
    id: merchant.id,
    call,
    order,
    place,
    find,
    close: (id: string) => call<Payment & Fault>('POST', `/v1/payments/${id}/close`),
    refund: (id: string, own: object = {}, key: string = randomUUID()) =>
      call<Refund & Fault>(
        'POST',
        `/v1/payments/${id}/refunds`,
        { merchantRefundNo: `R-${randomUUID()}`, amount: 100, ...own },
        { 'idempotency-key': key },
      ),
    findRefund: async (id: string) => (await call<Refund>('GET', `/v1/refunds/${id}`)).body,
    pays: (id: string, body: object = {}) => control('POST', `/pay/${id.slice(4)}01`, body),
    becomes: (id: string, status: string, timeoutMs = 20_000) =>
      until(
        `payment ${id} ${status}`,
        async () => {
          const payment = await find(id);
          return payment.status === status ? payment : undefined;
        },
        timeoutMs,
      ),
    refundBecomes: (id: string, status: string) =>
      until(`refund ${id} ${status}`, async () => {
        const { body } = await call<Refund>('GET', `/v1/refunds/${id}`);
        return body.status === status ? body : undefined;
      }),
  };
}
