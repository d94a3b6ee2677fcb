import type { ListConfig } from '@tributary/contracts/list';
import { addressBytes, masked, type Network, networkText, parseNetwork } from './canonical-value.ts';
import { HashSet64 } from './hash-set.ts';

/** What a payment has that can be on a list, as given; by subject. */
export type ListedValues = {
  merchant?: string | undefined;
  /** The payer's id at the merchant and at the channel: being listed by either counts. */
  payer?: readonly string[];
  device?: string | undefined;
  ip?: string | undefined;
  /** The first 6 to 8 digits of the card. */
  card_bin?: string | undefined;
  bank?: string | undefined;
};

/** An entry that a payment may be on: to be confirmed by the entry itself. */
export type Candidate = { list: string; value: string };

const binLengths = [8, 7, 6] as const;

/**
 * A compact picture of every entry of every list, in memory: a hash per entry and, for address lists, which prefix
 * lengths occur. It answers "certainly not" or "perhaps, under this value". Only ever added to: an entry that was
 * removed costs a needless confirmation until the index is built anew.
 */
export class ListIndex {
  readonly #members = new HashSet64();
  /** By list: which prefix lengths its IPv4 and IPv6 entries have. */
  readonly #prefixes = new Map<string, { 4: Set<number>; 16: Set<number> }>();

  /** @param value in its canonical spelling */
  add(list: string, value: string): void {
    this.#members.add(memberKey(list, value));
    // Only entries of address lists look like addresses or not: for others the lengths are never asked for.
    const network = value.includes('.') || value.includes(':') ? parseNetwork(value) : undefined;
    if (!network) return;
    let lengths = this.#prefixes.get(list);
    if (!lengths) {
      lengths = { 4: new Set(), 16: new Set() };
      this.#prefixes.set(list, lengths);
    }
    lengths[network.bytes.length as 4 | 16].add(network.prefix);
  }

  /** Entries of these lists that the payment may be on. */
  candidates(lists: Iterable<ListConfig>, values: ListedValues): Candidate[] {
    const found: Candidate[] = [];
    for (const { id, subject } of lists) {
      if (subject === 'ip') {
        const bytes = values.ip === undefined ? undefined : addressBytes(values.ip);
        const lengths = bytes && this.#prefixes.get(id)?.[bytes.length as 4 | 16];
        if (!bytes || !lengths) continue;
        for (const prefix of lengths) this.#probe(id, networkText({ bytes: masked(bytes, prefix), prefix }), found);
      } else for (const value of plainProbes(subject, values)) this.#probe(id, value, found);
    }
    return found;
  }

  #probe(list: string, value: string, found: Candidate[]): void {
    if (this.#members.mayHave(memberKey(list, value))) found.push({ list, value });
  }

  get size(): number {
    return this.#members.size;
  }

  get bytes(): number {
    return this.#members.bytes;
  }
}

/** Every entry that could hold a payment: what is asked of Postgres when there is no index to ask. */
export function allCandidates(lists: Iterable<ListConfig>, values: ListedValues): Candidate[] {
  const found: Candidate[] = [];
  for (const { id, subject } of lists) {
    if (subject === 'ip')
      for (const network of networksAround(values.ip)) found.push({ list: id, value: networkText(network) });
    else for (const value of plainProbes(subject, values)) found.push({ list: id, value });
  }
  return found;
}

function* networksAround(ip: string | undefined): Iterable<Network> {
  const bytes = ip === undefined ? undefined : addressBytes(ip);
  if (!bytes) return;
  for (let prefix = bytes.length * 8; prefix > 0; prefix--) yield { bytes: masked(bytes, prefix), prefix };
}

/** The canonical values under which a payment would be listed, most exact first; address lists aside. */
function plainProbes(subject: Exclude<ListConfig['subject'], 'ip'>, values: ListedValues): readonly string[] {
  switch (subject) {
    case 'payer':
      return (values.payer ?? []).map((id) => id.trim());
    case 'card_bin': {
      const digits = values.card_bin ?? '';
      return binLengths.filter((length) => length <= digits.length).map((length) => digits.slice(0, length));
    }
    case 'bank':
      return values.bank === undefined ? [] : [values.bank.toUpperCase()];
    default: {
      const value = values[subject];
      return value === undefined ? [] : [value.trim()];
    }
  }
}

const memberKey = (list: string, value: string): string => `${list}\n${value}`;
