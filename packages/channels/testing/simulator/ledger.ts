import { join } from 'node:path';
import * as z from 'zod';
import { openJournal } from './journal.ts';

const entrySchema = z.object({
  seq: z.int(),
  kind: z.enum(['charge', 'refund']),
  channel: z.string(),
  /** The channel's own number: of the transaction for a charge, of the refund for a refund. */
  channelTxn: z.string(),
  /** The merchant's number of the charge. A refund carries the number of the charge that it pays back. */
  requestNo: z.string(),
  /** Minor units. */
  amount: z.int(),
  currency: z.string(),
  /** Charge: created, paid, closed, reversed, failed. Refund: created, succeeded, failed. */
  state: z.string(),
  at: z.string(),
  refundNo: z.string().optional(),
  paidRequestNo: z.string().optional(),
  /** What the protocol needs to rebuild its state. Never shown by the control API. */
  data: z.record(z.string(), z.unknown()).optional(),
});

/** One event of a charge or of a refund, as it really happened at the channel. */
export type LedgerEntry = z.infer<typeof entrySchema>;
/** An entry before the ledger gives it its number and time. */
export type NewLedgerEntry = Omit<LedgerEntry, 'seq' | 'at'>;

/** The sandbox's truth: append-only, synced before any answer that reveals an entry. Faults never touch it. */
export type Ledger = {
  readonly entries: readonly LedgerEntry[];
  append(entry: NewLedgerEntry): LedgerEntry;
  durable(): Promise<void>;
  close(): Promise<void>;
};

/** Opens `ledger.jsonl` in the state folder and reads back what happened before. */
export const openLedger = async (dir: string, now: () => number): Promise<Ledger> => {
  const journal = await openJournal(join(dir, 'ledger.jsonl'), (value) => entrySchema.parse(value));
  const entries: LedgerEntry[] = [...journal.recovered];
  return {
    entries,
    append: (entry) => {
      const written: LedgerEntry = { seq: entries.length + 1, ...entry, at: new Date(now()).toISOString() };
      entries.push(written);
      journal.append(written);
      return written;
    },
    durable: journal.durable,
    close: journal.close,
  };
};

/** An entry as the control API shows it. */
export type PublicEntry = Omit<LedgerEntry, 'data'>;

/** Which entries to show; `since` is an ISO time or a sequence number after which entries count. */
export type LedgerFilter = {
  channel?: string | undefined;
  kind?: string | undefined;
  requestNo?: string | undefined;
  channelTxn?: string | undefined;
  refundNo?: string | undefined;
  state?: string | undefined;
  since?: string | undefined;
  limit?: number | undefined;
};

const isAfter = (entry: LedgerEntry, since: string): boolean =>
  /^\d+$/.test(since) ? entry.seq > Number(since) : Date.parse(entry.at) >= Date.parse(since);

/** Filters the ledger, newest last. With a limit, the newest entries are kept. */
export const selectEntries = (entries: readonly LedgerEntry[], filter: LedgerFilter): PublicEntry[] => {
  const { since, limit, ...fields } = filter;
  const wanted = Object.entries(fields).filter(([, value]) => value !== undefined);
  const chosen = entries.filter(
    (entry) =>
      wanted.every(([key, value]) => entry[key as keyof LedgerEntry] === value) &&
      (since === undefined || isAfter(entry, since)),
  );
  const kept = limit === undefined ? chosen : limit === 0 ? [] : chosen.slice(-limit);
  return kept.map(({ data: _data, ...shown }) => shown);
};

/** What one charge came to. `refunded` counts money that really went back, a reversal included. */
export type Balance = {
  channel: string;
  channelTxn: string;
  amount: number;
  currency: string;
  paid: number;
  refunded: number;
  state: string;
};

/** Sums the ledger per request number of a charge. */
export const computeBalances = (entries: readonly LedgerEntry[]): Record<string, Balance> => {
  const balances = new Map<string, Balance>();
  for (const entry of entries) {
    const { channel, channelTxn, amount, currency, state } = entry;
    const balance = balances.get(entry.requestNo);
    if (entry.kind === 'refund') {
      if (balance !== undefined && state === 'succeeded') balance.refunded += amount;
    } else if (balance === undefined) {
      const paid = state === 'paid' ? amount : 0;
      balances.set(entry.requestNo, { channel, channelTxn, amount, currency, paid, refunded: 0, state });
    } else {
      balance.state = state;
      if (state === 'paid') balance.paid += amount;
      if (state === 'reversed') balance.refunded = balance.paid;
    }
  }
  return Object.fromEntries(balances);
};
