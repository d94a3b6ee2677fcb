import { setTimeout as sleep } from 'node:timers/promises';
import type { MerchantClient } from './merchant-client.ts';
import type { Credential } from './payer.ts';
import type { Random } from './random.ts';

/** What the payer of one payment does. */
type Behaviour = 'pays' | 'leaves' | 'is_closed';

export type StoryOutcome = {
  id: string | undefined;
  placeMs: number;
  placeStatus: number;
  status: string;
  queries: number;
  refunds: number;
  problem: string | undefined;
};

/** A service as the payers of the traffic use it. */
type TrafficService = {
  id: string;
  /** What the payer's code may begin with, when one is scanned. */
  codes?: readonly string[];
  /** What the payer's id at the channel begins with, when one is needed. */
  openIds?: string;
  /** The payer's browser (or app) carries the order to the channel. */
  opens?: true;
};

const services: readonly (readonly [TrafficService, number])[] = [
  [{ id: 'wechat.native' }, 20],
  [{ id: 'wechat.codepay', codes: ['13'] }, 12],
  [{ id: 'wechat.jsapi', openIds: 'oDemo' }, 10],
  [{ id: 'wechat.h5' }, 3],
  [{ id: 'wechat.app' }, 3],
  [{ id: 'alipay.precreate' }, 12],
  [{ id: 'alipay.pay', codes: ['28'] }, 8],
  [{ id: 'alipay.create', openIds: '074a1' }, 6],
  [{ id: 'alipay.wap', opens: true }, 3],
  [{ id: 'alipay.page', opens: true }, 3],
  [{ id: 'alipay.app', opens: true }, 2],
  [{ id: 'unionpay.qr' }, 5],
  [{ id: 'unionpay.codepay', codes: ['62'] }, 3],
  [{ id: 'unionpay.page', opens: true }, 2],
  [{ id: 'unionpay.h5', opens: true }, 1],
  [{ id: 'pos.codepay', codes: ['13', '28', '62'] }, 7],
];

const subjects = ['Flat white', '珍珠奶茶', '早餐套餐 A', 'Bus ticket', '手机壳', 'Concert ticket ×2'];
const finals = new Set(['succeeded', 'failed', 'closed', 'rejected']);

/**
 * One payment from the merchant's order to its end, as in a shop: place, show the code, wait and ask, sometimes give up
 * and close, sometimes refund. `pay` is the payer at the channel, `open` the payer's browser.
 * @param giveUpAtMs `performance.now()` after which a payment that is not final counts as a problem
 */
export async function runStory({
  client,
  random,
  index,
  runId,
  pay,
  open,
  notifyUrl,
  giveUpAtMs,
}: {
  client: MerchantClient;
  random: Random;
  index: number;
  runId: string;
  pay: (requestNo: string, action: 'pay' | 'abandon') => Promise<void>;
  open: (credential: Credential) => Promise<void>;
  /** Where the merchant wants to hear of it. */
  notifyUrl: string | undefined;
  giveUpAtMs: number;
}): Promise<StoryOutcome> {
  const service = random.pick(services);
  const behaviour: Behaviour = random.pick([
    ['pays', 80],
    ['is_closed', 15],
    ['leaves', 5],
  ] as const);
  const amount = random.pick([
    [random.int(100, 5_000), 70],
    [random.int(5_000, 30_000), 25],
    [random.int(30_000, 100_000), 5],
  ] as const);
  const order = {
    merchantOrderNo: `T${runId}-${index}`,
    serviceId: service.id,
    amount,
    currency: 'CNY',
    subject: subjects[random.int(0, subjects.length - 1)],
    expiresInSeconds: 60,
    payer: payerOf(service, random),
    ...(notifyUrl ? { notifyUrl } : {}),
    ...(service.opens ? { returnUrl: 'https://shop.example/thanks' } : {}),
  };
  const key = `traffic-${runId}-${index}`;
  const placed = await client.place(order, key);
  // Networks repeat requests: the second must be the first one's answer again.
  const repeat = random.chance(0.02) ? await client.place(order, key) : undefined;
  const outcome: StoryOutcome = {
    id: placed.body.id as string | undefined,
    placeMs: placed.ms,
    placeStatus: placed.status,
    status: String(placed.body.status ?? placed.body.code),
    queries: 0,
    refunds: 0,
    problem: undefined,
  };
  if (placed.status !== 201 || !outcome.id)
    return { ...outcome, problem: `place answered ${placed.status} ${placed.body.code}` };
  if (repeat && (repeat.status !== 201 || repeat.body.id !== outcome.id))
    outcome.problem = 'a repeated request was not replayed';

  const pauses = { pay: random.int(200, 2_500), close: random.int(500, 4_000) };
  const refundPart = random.pick([
    [0, 88],
    [0.3, 7],
    [1, 5],
  ] as const);
  if (!finals.has(outcome.status)) {
    const credential = placed.body.credential as Credential | undefined;
    // The channel learns of such an order only when the payer's browser comes along.
    if (credential && service.opens && behaviour !== 'leaves') await open(credential);
    if (behaviour === 'pays' && !service.codes) void sleep(pauses.pay).then(() => pay(requestNoOf(outcome.id), 'pay'));
    if (behaviour === 'is_closed') {
      await sleep(pauses.close);
      await client.close(outcome.id);
    }
  }
  for (let wait = 300; !finals.has(outcome.status); wait = Math.min(wait * 1.6, 5_000)) {
    if (performance.now() > giveUpAtMs) return { ...outcome, problem: `still ${outcome.status}` };
    await sleep(wait);
    const found = await client.find(outcome.id);
    outcome.queries++;
    if (found.status === 200) outcome.status = String(found.body.status);
    else if (found.status !== 429 && found.status !== 503)
      return { ...outcome, problem: `query answered ${found.status}` };
  }
  if (outcome.status === 'succeeded' && refundPart > 0) {
    const problem = await refund(client, outcome, amount, refundPart, giveUpAtMs);
    if (problem) outcome.problem = problem;
  }
  return outcome;
}

async function refund(client: MerchantClient, outcome: StoryOutcome, amount: number, part: number, giveUpAtMs: number) {
  const id = outcome.id ?? '';
  const asked = await client.refund(id, {
    merchantRefundNo: `R-${id}`,
    amount: Math.max(1, Math.floor(amount * part)),
    reason: 'changed my mind',
  });
  if (asked.status !== 201) return `refund answered ${asked.status} ${asked.body.code}`;
  outcome.refunds++;
  const over = await client.refund(id, { merchantRefundNo: `R2-${id}`, amount });
  if (over.status !== 422) return `a refund over the amount answered ${over.status}`;
  let { status } = asked.body;
  for (let wait = 300; status === 'processing'; wait = Math.min(wait * 1.6, 5_000)) {
    if (performance.now() > giveUpAtMs) return 'a refund is still processing';
    await sleep(wait);
    const found = await client.findRefund(String(asked.body.id));
    if (found.status === 200) status = found.body.status;
  }
  return undefined;
}

function payerOf({ codes, openIds }: TrafficService, random: Random) {
  const person = random.int(1, 400);
  const payer = { id: `payer-${person}`, ip: `203.0.113.${person % 250}` };
  if (openIds) return { ...payer, openId: `${openIds}${String(person).padStart(28 - openIds.length, '0')}` };
  if (!codes) return payer;
  const ending = random.pick([
    ['00', 80],
    ['01', 4],
    ['02', 8],
    ['03', 2],
    ['04', 4],
    ['05', 2],
  ] as const);
  const prefix = codes[random.int(0, codes.length - 1)];
  // UnionPay's codes have 19 digits, the others' 18.
  const middle = String(random.int(0, 99_999_999_999_999)).padStart(prefix === '62' ? 15 : 14, '0');
  return { ...payer, authCode: `${prefix}${middle}${ending}` };
}

/** The number under which the channel knows the payment's first attempt. */
const requestNoOf = (paymentId: string | undefined): string => `${paymentId?.slice(4)}01`;
