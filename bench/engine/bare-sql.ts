import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { placeSql } from '../../apps/engine/src/payments/store/place.sql.ts';
import { saveSql } from '../../apps/engine/src/payments/store/save.sql.ts';
import { newPaymentId, requestNoOf } from '../../apps/engine/src/platform/ids.ts';

/**
 * The same two transactions per payment with nothing around them: the very statements of the engine, prepared, one payment
 * each, on as many connections as the engine may use. The fairest "what could Postgres do" we know.
 */
export async function runBareSql({
  url,
  connections,
  seconds,
}: {
  url: string;
  connections: number;
  seconds: number;
}): Promise<{ perSecond: number }> {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    options: '-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c jit=off',
  });
  pool.on('error', () => undefined);
  const deadline = performance.now() + seconds * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < deadline) {
        await onePayment(pool);
        done++;
      }
    }),
  );
  await pool.end();
  return { perSecond: Math.round(done / seconds) };
}

async function onePayment(pool: pg.Pool): Promise<void> {
  const id = newPaymentId();
  const key = randomUUID();
  const payment = {
    id,
    merchant_id: 'mch_cafe',
    key,
    request_hash: randomBytes(32).toString('hex'),
    merchant_order_no: key,
    service_id: 'zero.native',
    product: 'native',
    status: 'processing',
    amount: '1299',
    currency: 'CNY',
    subject: 'Flat white',
    payer: {},
    channel_id: 'zero',
    account_id: 'zero-main',
    plan: [{ channelId: 'zero', accountId: 'zero-main' }],
    version: 5,
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    expires_in_seconds: 900,
  };
  const attempt = {
    payment_id: id,
    no: 1,
    channel_id: 'zero',
    account_id: 'zero-main',
    request_no: requestNoOf(id, 1),
    amount: '1299',
    currency: 'CNY',
    next_sync_in_ms: 11_000,
  };
  const events = ['payment.received', 'risk.decided', 'routing.planned', 'payment.processing', 'attempt.sending'].map(
    (kind, index) => event(id, index + 1, kind),
  );
  await pool.query({
    name: 'place',
    text: placeSql,
    values: [...[[payment], [attempt], events, []].map((list) => JSON.stringify(list)), false],
  });
  const after = {
    payment_id: id,
    expect_version: 5,
    version: 6,
    status: 'processing',
    channel_id: 'zero',
    account_id: 'zero-main',
    credential: { type: 'qr', url: 'zero://pay' },
    refunded_amount: '0',
  };
  const answered = { ...attempt, status: 'pending', winner: false, sync_step: 0 };
  const message = {
    payment_id: id,
    topic: 'bench',
    key,
    payload: { paymentId: id, attemptNo: 1, step: 0 },
    run_at: null,
  };
  const answer = { payment_id: id, merchant_id: 'mch_cafe', key, status: 201, body: JSON.stringify(payment) };
  await pool.query({
    name: 'save',
    text: saveSql,
    values: [[after], [answered], [], [event(id, 6, 'attempt.pending')], [message], [], [answer]].map((list) =>
      JSON.stringify(list),
    ),
  });
}

const event = (id: string, seq: number, kind: string) => ({
  payment_id: id,
  seq,
  age_ms: 0,
  kind,
  node: 'bench',
  actor: 'bench',
  duration_ms: 0.5,
  data: {
    ruleSetVersion: 1,
    fired: [],
    facts: { amount: 1299, serviceId: 'zero.native', merchantId: 'mch_cafe', hour: 12 },
  },
});
