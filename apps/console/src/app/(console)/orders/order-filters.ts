import { paymentStatuses } from '@tributary/contracts/payment-status';
import { parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs';

/** What the address of the order list holds. Defaults are left out of it; bad values fall back to none. */
export const orderFilters = {
  status: parseAsArrayOf(parseAsStringLiteral(paymentStatuses)).withDefault([]),
  channel: parseAsString.withDefault(''),
  service: parseAsString.withDefault(''),
  merchant: parseAsString.withDefault(''),
  failure: parseAsString.withDefault(''),
  from: parseAsInteger,
  to: parseAsInteger,
};

export type OrderFilters = {
  status: (typeof paymentStatuses)[number][];
  channel: string;
  service: string;
  merchant: string;
  failure: string;
  from: number | null;
  to: number | null;
};

/** The filters as the engine wants them. */
export const filterInput = (f: OrderFilters) => ({
  ...(f.status.length > 0 ? { status: [...f.status].sort() } : {}),
  ...(f.channel ? { channelId: [f.channel] } : {}),
  ...(f.service ? { serviceId: [f.service] } : {}),
  ...(f.merchant ? { merchantId: f.merchant } : {}),
  ...(f.failure ? { failureCode: f.failure } : {}),
  ...(f.from === null ? {} : { from: f.from }),
  ...(f.to === null ? {} : { to: f.to }),
});
