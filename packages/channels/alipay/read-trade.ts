import type { ChannelResult, RawCode } from '../channel-result.ts';
import { readBeijingDateTime } from '../wire/beijing-time.ts';
import { readDecimal } from '../wire/decimal-amount.ts';
import { tradeStates } from './status-map.ts';

/** What a look-up, a charge or a callback tells of a trade. */
export type Trade = {
  trade_no?: string | undefined;
  trade_status?: string | undefined;
  total_amount?: string | undefined;
  trans_currency?: string | undefined;
  gmt_payment?: string | undefined;
  send_pay_date?: string | undefined;
  refund_fee?: string | undefined;
};

/** A trade in our words. Total: what can't be read as a definite answer is unknown. */
export function readTrade(trade: Trade): ChannelResult {
  const status = trade.trade_status ?? '';
  const raw = rawOf(status);
  switch (status) {
    case 'WAIT_BUYER_PAY':
      return { kind: 'pending', raw };
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED':
      return readPaid(trade, raw);
    case 'TRADE_CLOSED': {
      // Said of trades that nobody paid and of trades that were paid and given back in full; only the latter have a
      // payment time. What was paid once was paid, whatever became of it.
      const wasPaid = trade.send_pay_date ?? trade.gmt_payment ?? trade.refund_fee;
      if (wasPaid === undefined) return { kind: 'closed', raw };
      const paid = readPaid(trade, raw);
      return paid.kind === 'succeeded' ? { ...paid, givenBack: true } : paid;
    }
    default:
      return { kind: 'unknown', reason: 'channel_says_unknown', raw };
  }
}

/** A trade whose money was taken. */
export function readPaid(trade: Trade, raw: RawCode): ChannelResult {
  const amountMinor = readDecimal(trade.total_amount ?? '');
  const foreign = trade.trans_currency !== undefined && trade.trans_currency !== 'CNY';
  if (trade.trade_no === undefined || amountMinor === undefined || foreign) {
    return { kind: 'unknown', reason: 'unreadable', raw };
  }
  const paidAt = readBeijingDateTime(trade.gmt_payment ?? trade.send_pay_date ?? '');
  const paid = { amountMinor, currency: 'CNY' } as const;
  return { kind: 'succeeded', channelTxn: trade.trade_no, paid, ...(paidAt ? { paidAt } : {}), raw };
}

const rawOf = (status: string): RawCode => ({
  code: status === '' ? 'NO_STATUS' : status.slice(0, 64),
  message: Object.hasOwn(tradeStates, status) ? tradeStates[status as keyof typeof tradeStates].meaning : '',
});
