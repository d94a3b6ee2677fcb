import { paymentStatuses } from '@tributary/contracts/payment-status';
import { parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs';

/** Windows that move with the clock, in minutes. A link that is shared says `from` and `to` instead. */
export const windows = { '15m': 15, '1h': 60, '6h': 360, '24h': 1440, '7d': 10_080 } as const;
export type Window = keyof typeof windows;
export const windowNames = Object.keys(windows) as [Window, ...Window[]];

/** What the address of the order list holds. Defaults are left out of it; bad values fall back to none. */
export const orderFilters = {
  status: parseAsArrayOf(parseAsStringLiteral(paymentStatuses)).withDefault([]),
  channel: parseAsString.withDefault(''),
  service: parseAsString.withDefault(''),
  merchant: parseAsString.withDefault(''),
  failure: parseAsString.withDefault(''),
  min: parseAsInteger,
  max: parseAsInteger,
  t: parseAsStringLiteral(windowNames),
  from: parseAsInteger,
  to: parseAsInteger,
};

export type OrderFilters = {
  status: (typeof paymentStatuses)[number][];
  channel: string;
  service: string;
  merchant: string;
  failure: string;
  /** Fen. */
  min: number | null;
  max: number | null;
  t: Window | null;
  from: number | null;
  to: number | null;
};

/** The moving window as fixed times; whole minutes, so that asking twice asks for the same. */
export function rangeOf({ t, from, to }: OrderFilters, nowMs: number): { from: number | null; to: number | null } {
  if (from !== null || to !== null || t === null) return { from, to };
  return { from: Math.floor(nowMs / 60_000) * 60_000 - windows[t] * 60_000, to: null };
}

/** The filters as the engine wants them. */
export function filterInput(f: OrderFilters, nowMs: number) {
  const { from, to } = rangeOf(f, nowMs);
  return {
    ...(f.status.length > 0 ? { status: [...f.status].sort() } : {}),
    ...(f.channel ? { channelId: [f.channel] } : {}),
    ...(f.service ? { serviceId: [f.service] } : {}),
    ...(f.merchant ? { merchantId: f.merchant } : {}),
    ...(f.failure ? { failureCode: f.failure } : {}),
    ...(f.min === null ? {} : { minAmount: f.min }),
    ...(f.max === null ? {} : { maxAmount: f.max }),
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
  };
}

/** What a link says that can not be understood, as `name=value`: it was left out, and people should know. */
export function ignoredValues(search: URLSearchParams): string[] {
  const ignored: string[] = [];
  const known: readonly string[] = paymentStatuses;
  for (const value of search.get('status')?.split(',') ?? [])
    if (value && !known.includes(value)) ignored.push(`status=${value}`);
  for (const name of ['from', 'to', 'min', 'max']) {
    const value = search.get(name);
    if (value && !/^\d{1,16}$/.test(value)) ignored.push(`${name}=${value}`);
  }
  const t = search.get('t');
  if (t && !Object.hasOwn(windows, t)) ignored.push(`t=${t}`);
  return ignored;
}

/** The address of the same list for somebody else, later: the moving window becomes fixed times. */
export function sharedSearch(search: URLSearchParams, f: OrderFilters, nowMs: number): string {
  const shared = new URLSearchParams(search);
  shared.delete('t');
  const { from } = rangeOf(f, nowMs);
  if (f.t !== null && from !== null) {
    shared.set('from', String(from));
    shared.set('to', String(Math.ceil(nowMs / 60_000) * 60_000));
  }
  shared.sort();
  return shared.toString();
}
