import { request } from 'undici';

/** One line of the sandbox's append-only ledger: what truly happened at the channel. */
export type LedgerEntry = {
  seq: number;
  kind: 'charge' | 'refund';
  channel: string;
  channelTxn: string;
  requestNo: string;
  refundNo?: string;
  paidRequestNo?: string;
  amount: number;
  currency: string;
  state: string;
  at: string;
};

/** What the channel holds of one charge after all its ledger lines. */
export type Charge = {
  channel: string;
  requestNo: string;
  amount: number;
  currency: string;
  paid: boolean;
  /** Refunds the channel paid out, by refund number. */
  refunds: Map<string, number>;
};

/** Reads the whole ledger. */
export async function readLedger(sandboxUrl: string): Promise<LedgerEntry[]> {
  const answer = await request(`${sandboxUrl}/control/ledger?limit=1000000`);
  const { entries } = (await answer.body.json()) as { entries: LedgerEntry[] };
  return entries;
}

/** Folds ledger lines into charges: `paid` then `reversed` means that the money went back. */
export function foldLedger(entries: readonly LedgerEntry[]): Map<string, Charge> {
  const charges = new Map<string, Charge>();
  const refundAmounts = new Map<string, number>();
  for (const entry of entries) {
    const requestNo = entry.kind === 'refund' ? (entry.paidRequestNo ?? entry.requestNo) : entry.requestNo;
    const charge = charges.get(requestNo) ?? {
      channel: entry.channel,
      requestNo,
      amount: entry.amount,
      currency: entry.currency,
      paid: false,
      refunds: new Map<string, number>(),
    };
    charges.set(requestNo, charge);
    if (entry.kind === 'charge') {
      if (entry.state === 'paid') charge.paid = true;
      if (entry.state === 'reversed') charge.paid = false;
    } else if (entry.refundNo) {
      if (entry.state === 'created') refundAmounts.set(entry.refundNo, entry.amount);
      if (entry.state === 'succeeded')
        charge.refunds.set(entry.refundNo, refundAmounts.get(entry.refundNo) ?? entry.amount);
    }
  }
  return charges;
}
