import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestNoOf, type StartedEngine, startTestEngine } from '../testing/started-engine.ts';

let engine: StartedEngine;

beforeAll(async () => {
  engine = await startTestEngine();
}, 120_000);
afterAll(() => engine.stop());

const becomes = async (id: string, status: string) => {
  await expect.poll(async () => (await engine.find(id)).status, { timeout: 15_000 }).toBe(status);
  return engine.find(id);
};
const actorOf = async (paymentId: string, kind: string): Promise<string | undefined> => {
  const { rows } = await engine.db.query('SELECT actor FROM events WHERE payment_id = $1 AND kind = $2', [
    paymentId,
    kind,
  ]);
  return rows[0]?.actor;
};

describe('a channel that was added by rows alone, while the engine runs', () => {
  it('takes no payment before its rows are there', async () => {
    expect((await engine.place('riverbank.native')).status).toBe(422);
  });

  it('takes payments once a channel, an account and services name it', async () => {
    const { example } = (await engine.control('GET', '/credentials')) as {
      example: { baseUrl: string; account: { config: object; secrets: object } };
    };
    await engine.addChannel('riverbank', 'example', { name: 'Riverbank' });
    await engine.addAccount({
      id: 'riverbank.main',
      channelId: 'riverbank',
      baseUrl: example.baseUrl,
      ...example.account,
    });
    await engine.addService('riverbank.native', 'native', 'riverbank');
    await engine.addService('riverbank.codepay', 'codepay', 'riverbank');
    const soon = { firstSeconds: 1, steps: [], backoff: { baseSeconds: 1, maxSeconds: 5 } };
    await engine.addService('riverbank.h5', 'h5', 'riverbank', { syncSchedule: soon });
    await expect.poll(async () => (await engine.place('riverbank.h5')).status, { timeout: 10_000 }).toBe(201);
  });

  it('shows a code, hears by callback that it was paid, and gives the money back', async () => {
    const { status, body } = await engine.place('riverbank.native');
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'processing', channel: 'riverbank', credential: { type: 'qr' } });
    await engine.control('POST', `/pay/${requestNoOf(body.id)}`);
    const paid = await becomes(body.id, 'succeeded');
    expect(paid.channelTxn).toMatch(/^RB/);
    expect(await actorOf(body.id, 'attempt.succeeded')).toBe('callback');

    const refund = await engine.refund(body.id, 500);
    expect([refund.status, refund.body.status]).toEqual([201, 'processing']);
    await expect
      .poll(async () => (await engine.findRefund(refund.body.id)).status, { timeout: 15_000 })
      .toBe('succeeded');
    expect((await engine.refund(body.id, 800)).body.code).toBe('refund_exceeds_payment');
    const { balances } = await engine.control('GET', `/balances?requestNo=${requestNoOf(body.id)}`);
    expect(Object.values(balances as object)).toMatchObject([{ channel: 'example', paid: 1299, refunded: 500 }]);
  });

  it('asks when no callback comes, and after a reply that was lost', async () => {
    const callbacks = { callbacks: { mode: 'never' } };
    await engine.control('POST', '/channels/example/faults', [callbacks, { lostReply: 1, operations: ['place'] }]);
    const { body } = await engine.place('riverbank.h5');
    expect(body.status).toBe('processing');
    await engine.control('POST', '/channels/example/faults', [callbacks]);
    await engine.control('POST', `/pay/${requestNoOf(body.id)}`);
    await becomes(body.id, 'succeeded');
    expect(await actorOf(body.id, 'attempt.succeeded')).toBe('sync');
    await engine.control('POST', '/channels/example/faults', []);
  });

  it('charges a code at the till, and says in our words why it could not', async () => {
    const scan = (ending: string) =>
      engine.place('riverbank.codepay', { payer: { authCode: `2812345678901234${ending}` } });
    expect((await scan('00')).body.status).toBe('succeeded');
    expect((await scan('01')).body).toMatchObject({ status: 'failed', failure: { code: 'insufficient_funds' } });
    expect((await scan('07')).body).toMatchObject({ status: 'failed', failure: { code: 'issuer_declined' } });
  });

  it('closes what nobody paid', async () => {
    const { body } = await engine.place('riverbank.native');
    expect((await engine.close(body.id)).status).toBe('closed');
    await expect(engine.control('POST', `/pay/${requestNoOf(body.id)}`)).rejects.toThrow(/not_payable/);
  });

  it('is moved by no stranger', async () => {
    await engine.control('POST', '/channels/example/faults', { callbacks: { mode: 'forged', copies: 12 } });
    const { body } = await engine.place('riverbank.native');
    const refused = async () =>
      (await engine.db.query(`SELECT count(*)::int AS n FROM channel_callbacks WHERE NOT verified`)).rows[0].n;
    await expect.poll(refused, { timeout: 15_000 }).toBe(12);
    expect((await engine.find(body.id)).status).toBe('processing');
    expect(await actorOf(body.id, 'attempt.succeeded')).toBeUndefined();
  });
});
