// Rules as a payment switch has them, and payments to judge. Everything is drawn from a seed: the same in every run.
import { defineFact, type FactDefinition } from '../../packages/rules/src/define-fact.ts';
import type { Condition, FactCondition } from '../../packages/rules/src/rule-set.ts';

const texts = { description: 'A fact.', descriptionZh: '事实。' };
export const facts: readonly FactDefinition[] = [
  defineFact({ name: 'amount', type: 'integer', unit: 'fen', example: 1299, ...texts }),
  defineFact({ name: 'merchantId', type: 'string', example: 'm1', ...texts }),
  defineFact({ name: 'serviceId', type: 'string', example: 's1', ...texts }),
  defineFact({ name: 'bank', type: 'string', example: 'b1', ...texts }),
  defineFact({ name: 'channel', type: 'string', example: 'c1', ...texts }),
  defineFact({ name: 'country', type: 'string', example: 'CN', ...texts }),
  defineFact({ name: 'payerId', type: 'string', example: 'p1', ...texts }),
  defineFact({ name: 'hour', type: 'integer', example: 12, ...texts }),
  defineFact({ name: 'payerCount', type: 'integer', unit: 'payments', example: 1, ...texts }),
  defineFact({ name: 'accountAge', type: 'integer', unit: 'days', example: 90, ...texts }),
  defineFact({ name: 'items', type: 'list', example: [{ category: 'food' }], ...texts }),
];

export interface Payment {
  readonly [fact: string]: unknown;
  readonly amount: number;
  readonly items: readonly { readonly category: string }[];
}
export interface BenchRule {
  readonly id: string;
  readonly priority: number;
  readonly enabled: boolean;
  readonly conditions: Condition;
  readonly event: { readonly type: string };
}
export interface Workload {
  readonly name: 'rare' | 'busy';
  readonly rules: readonly BenchRule[];
  readonly payments: readonly Payment[];
}

/** A small generator of even numbers in [0, 1): speed and quality are of no matter here, sameness is. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const merchants = 500;
const services = 60;
const banks = 30;
const channels = ['wechat', 'alipay', 'unionpay', 'card', 'wallet'];
const countries = ['CN', 'CN', 'CN', 'CN', 'CN', 'CN', 'CN', 'HK', 'SG', 'US'];
const categories = ['food', 'books', 'games', 'travel', 'gold', 'tickets', 'health', 'phones'];

function createDraw(random: () => number) {
  const whole = (below: number): number => Math.floor(random() * below);
  return {
    random,
    whole,
    pick: <T>(list: readonly T[]): T => list[whole(list.length)] as T,
    merchant: () => `merchant-${whole(merchants)}`,
    service: () => `service-${whole(services)}`,
    bank: () => `bank-${whole(banks)}`,
    // Many small payments, few large ones: 10 to 100,000 yuan, in fen.
    amount: () => Math.round(10 ** (3 + 4 * random() ** 2)),
  };
}
type Draw = ReturnType<typeof createDraw>;

const is = (fact: string, operator: string, value: FactCondition['value'], path?: string): FactCondition => ({
  fact,
  operator,
  value,
  ...(path === undefined ? {} : { path }),
});

const several = (count: number, one: () => string): string[] => Array.from({ length: count }, one);

/** Twenty rules as operators write them: limits of merchants, routing, exceptions. */
function twenty(draw: Draw): Condition[] {
  const { whole, pick, merchant, service, bank, amount } = draw;
  const band = (): FactCondition[] => {
    const from = amount();
    return [is('amount', 'greaterThanInclusive', from), is('amount', 'lessThan', from * 4)];
  };
  const merchantLimit = (): Condition => ({
    all: [is('merchantId', 'equal', merchant()), is('amount', 'greaterThan', 20 * amount())],
  });
  const route = (): Condition => {
    const from = whole(20);
    const hours = [is('hour', 'greaterThanInclusive', from), is('hour', 'lessThan', from + 4)];
    return { all: [is('serviceId', 'equal', service()), is('bank', 'in', several(3, bank)), ...band(), ...hours] };
  };
  const serviceChannel = (): Condition => ({
    all: [
      is('serviceId', 'equal', service()),
      is('channel', 'equal', pick(channels)),
      is('amount', 'greaterThan', 20 * amount()),
    ],
  });
  return [
    ...Array.from({ length: 7 }, merchantLimit),
    ...Array.from({ length: 5 }, route),
    serviceChannel(),
    serviceChannel(),
    {
      all: [
        is(
          'payerId',
          'in',
          several(10, () => `payer-${whole(200_000)}`),
        ),
      ],
    },
    { all: [is('merchantId', 'equal', merchant()), is('payerCount', 'greaterThan', 3 + whole(6))] },
    {
      all: [
        is('serviceId', 'equal', service()),
        {
          any: [
            is('amount', 'greaterThan', 20 * amount()),
            { all: [is('hour', 'lessThan', 6), { not: is('country', 'equal', 'CN') }] },
          ],
        },
      ],
    },
    {
      all: [
        is('country', 'equal', 'US'),
        is('items', 'equal', pick(categories), '$[0].category'),
        is('payerCount', 'greaterThan', 3),
      ],
    },
    {
      all: [is('bank', 'equal', bank()), is('merchantId', 'equal', merchant()), is('channel', 'equal', pick(channels))],
    },
    { all: [is('accountAge', 'lessThan', 3), is('items', 'equal', 'gold', '$[0].category'), ...band()] },
  ];
}

/** Rules that about half of all payments meet; six of them make three matches. */
const broad: readonly Condition[] = [
  { all: [is('hour', 'lessThan', 12)] },
  { all: [is('hour', 'greaterThanInclusive', 12)] },
  { all: [is('accountAge', 'lessThan', 500)] },
  { all: [is('accountAge', 'greaterThanInclusive', 500)] },
  { all: [is('amount', 'greaterThanInclusive', 10_000)] },
  { all: [is('amount', 'lessThan', 10_000)] },
];

function createPayment({ random, whole, pick, merchant, service, bank, amount }: Draw): Payment {
  return {
    amount: amount(),
    merchantId: merchant(),
    serviceId: service(),
    bank: bank(),
    channel: pick(channels),
    country: pick(countries),
    payerId: `payer-${whole(200_000)}`,
    hour: whole(24),
    payerCount: Math.floor(6 * random() ** 3),
    accountAge: whole(1_000),
    items: Array.from({ length: 1 + whole(3) }, () => ({ category: pick(categories) })),
  };
}

/** @param rules how many, a multiple of 20 */
export function createWorkload(name: Workload['name'], rules: number, payments = 1_000): Workload {
  const draw = createDraw(createRandom(rules));
  const conditions = Array.from({ length: rules / 20 }, () => twenty(draw)).flat();
  if (name === 'busy') conditions.splice(0, broad.length, ...broad);
  return {
    name,
    rules: conditions.map((condition, i) => ({
      id: `rule-${i}`,
      priority: 1 + (i % 5),
      enabled: true,
      conditions: condition,
      event: { type: 'fire' },
    })),
    payments: Array.from({ length: payments }, () => createPayment(draw)),
  };
}
