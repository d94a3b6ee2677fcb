import type { ListConfig, ListSubject } from '@tributary/contracts/list';
import { defineFact } from '@tributary/rules/define-fact';
import type { PaymentContext } from '../../payments/ports.ts';
import type { ListHit } from '../lists/find-listed.ts';
import type { ListedValues } from '../lists/list-index.ts';

const named = {
  merchant: { subject: 'merchant', en: 'The merchant', zh: '商户', lists: 'merchantLists' },
  payer: { subject: 'payer', en: 'The payer', zh: '付款人', lists: 'payerLists' },
  device: { subject: 'device', en: 'The device', zh: '设备', lists: 'deviceLists' },
  ip: { subject: 'ip', en: 'The IP address', zh: 'IP', lists: 'ipLists' },
  card: { subject: 'card_bin', en: "The card's BIN", zh: '卡 BIN', lists: 'cardLists' },
  bank: { subject: 'bank', en: 'The bank', zh: '银行', lists: 'bankLists' },
} as const satisfies Record<string, { subject: ListSubject; en: string; zh: string; lists: string }>;

type Prefix = keyof typeof named;
const effects = {
  Blocked: { effect: 'block', en: 'is on a block list', zh: '在黑名单' },
  Allowed: { effect: 'allow', en: 'is on an allow list', zh: '在白名单' },
  Watched: { effect: 'watch', en: 'is on a watch list', zh: '在关注名单' },
} as const;
type Suffix = keyof typeof effects;

const flag = <P extends Prefix, S extends Suffix>(prefix: P, suffix: S) =>
  defineFact({
    name: `${prefix}${suffix}`,
    type: 'boolean',
    description: `${named[prefix].en} ${effects[suffix].en}.`,
    descriptionZh: `${named[prefix].zh}${effects[suffix].zh}`,
    example: false,
  });

const listsOf = <P extends Prefix>(prefix: P) =>
  defineFact({
    name: named[prefix].lists,
    type: 'list',
    items: 'string',
    description: `The lists that ${named[prefix].en.toLowerCase().replace(' ip ', ' IP ').replace(' bin', ' BIN')} is on, by their ids.`,
    descriptionZh: `${named[prefix].zh}所在的名单（名单标识）`,
    example: [named[prefix].subject],
  });

/** Who and what is on which list. Exact; entries that ran out do not count; read only when a rule asks. */
export const listFacts = [
  flag('merchant', 'Blocked'),
  flag('merchant', 'Allowed'),
  flag('merchant', 'Watched'),
  listsOf('merchant'),
  flag('payer', 'Blocked'),
  flag('payer', 'Allowed'),
  flag('payer', 'Watched'),
  listsOf('payer'),
  flag('device', 'Blocked'),
  flag('device', 'Allowed'),
  flag('device', 'Watched'),
  listsOf('device'),
  flag('ip', 'Blocked'),
  flag('ip', 'Allowed'),
  flag('ip', 'Watched'),
  listsOf('ip'),
  flag('card', 'Blocked'),
  flag('card', 'Allowed'),
  flag('card', 'Watched'),
  listsOf('card'),
  flag('bank', 'Blocked'),
  flag('bank', 'Allowed'),
  flag('bank', 'Watched'),
  listsOf('bank'),
] as const;

type Reading = { subject: ListSubject; read: (hits: readonly ListHit[]) => boolean | string[] };

const readings = new Map<string, Reading>();
for (const prefix of Object.keys(named) as Prefix[]) {
  const { subject, lists } = named[prefix];
  for (const suffix of Object.keys(effects) as Suffix[])
    readings.set(`${prefix}${suffix}`, {
      subject,
      read: (hits) => hits.some((hit) => hit.subject === subject && hit.effect === effects[suffix].effect),
    });
  readings.set(lists, {
    subject,
    read: (hits) => hits.filter((hit) => hit.subject === subject).map(({ list }) => list),
  });
}

/** The lists that must be looked through for these facts. */
export function neededLists(
  needed: ReadonlySet<string>,
  lists: ReadonlyMap<string, ListConfig>,
): readonly ListConfig[] {
  const subjects = new Set<ListSubject>();
  for (const name of needed) {
    const reading = readings.get(name);
    if (reading) subjects.add(reading.subject);
  }
  return subjects.size === 0 ? [] : [...lists.values()].filter(({ subject }) => subjects.has(subject));
}

/** What a payment has that lists may hold. */
export const listedValuesOf = ({ merchant, request: { payer } }: PaymentContext): ListedValues => ({
  merchant: merchant.id,
  payer: [payer?.id, payer?.openId].filter((id) => id !== undefined),
  device: payer?.deviceId,
  ip: payer?.ip,
  card_bin: payer?.cardBin,
  bank: payer?.bank,
});

/** The list facts that are needed, given what the payment is on. */
export function listFactsOf(needed: ReadonlySet<string>, hits: readonly ListHit[]): Record<string, boolean | string[]> {
  const values: Record<string, boolean | string[]> = {};
  for (const name of needed) {
    const reading = readings.get(name);
    if (reading) values[name] = reading.read(hits);
  }
  return values;
}
