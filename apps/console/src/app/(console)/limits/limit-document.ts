import type { LimitDocument, LimitPeriod, LimitScope } from '@tributary/contracts/limit';
import { parseYuan } from '../../../lib/format.ts';

// The contract's words again: its module brings the schema library along, which no page needs.
export const scopes = [
  'merchant',
  'service',
  'payer',
  'device',
  'ip',
  'cardBin',
  'card',
  'bank',
  'channel',
  'account',
] as const satisfies LimitScope[];
export const periods = ['payment', 'hour', 'day', 'month'] as const satisfies LimitPeriod[];
export const rejectCodes = ['risk_single_limit', 'risk_daily_limit', 'risk_rejected'] as const;
export const matchKeys = ['merchantIds', 'serviceIds', 'channelIds', 'accountIds'] as const;

export type LimitProblem = { field: string; problem: 'amount' | 'count' | 'needsOne' | 'minAboveMax' | 'percent' };
export type ReadLimit =
  | { readonly ok: true; readonly document: Partial<LimitDocument> }
  | { readonly ok: false; readonly problems: readonly LimitProblem[] };

/** The fields of the form as a limit, or what is wrong with which of them. Keys that the form does not know are kept. */
export function readLimit(read: (name: string) => string, before: Partial<LimitDocument> | undefined): ReadLimit {
  const problems: LimitProblem[] = [];
  const period = periods.find((one) => one === read('period')) ?? 'day';
  const amount = (field: string): number | undefined => {
    if (read(field) === '') return undefined;
    const minor = parseYuan(read(field).replace(/,/g, ''));
    if (minor === undefined) problems.push({ field, problem: 'amount' });
    return minor;
  };
  const whole = (field: string, problem: 'count' | 'percent'): number | undefined => {
    if (read(field) === '') return undefined;
    const number = Number(read(field));
    const good = Number.isInteger(number) && number >= 1 && (problem === 'count' || number <= 100);
    if (!good) problems.push({ field, problem });
    return good ? number : undefined;
  };
  const minAmount = period === 'payment' ? amount('minAmount') : undefined;
  const maxAmount = amount('maxAmount');
  const maxCount = period === 'payment' ? undefined : whole('maxCount', 'count');
  const warnAtPercent = whole('warnAtPercent', 'percent') ?? 80;
  if (problems.length === 0 && minAmount === undefined && maxAmount === undefined && maxCount === undefined)
    problems.push({ field: 'maxAmount', problem: 'needsOne' });
  if (minAmount !== undefined && maxAmount !== undefined && minAmount > maxAmount)
    problems.push({ field: 'minAmount', problem: 'minAboveMax' });
  if (problems.length > 0) return { ok: false, problems };

  const match = Object.fromEntries(
    matchKeys.flatMap((key) => {
      const ids = read(key)
        .split(/[\s,，;；、]+/)
        .filter(Boolean);
      return ids.length > 0 ? [[key, [...new Set(ids)]]] : [];
    }),
  );
  const code = rejectCodes.find((one) => one === read('code'));
  const reject = {
    ...(code ? { code } : {}),
    ...(read('messageForMerchant') ? { messageForMerchant: read('messageForMerchant') } : {}),
    ...(read('messageForPayer') ? { messageForPayer: read('messageForPayer') } : {}),
  };
  const { minAmount: _1, maxAmount: _2, maxCount: _3, ...kept } = before ?? {};
  return {
    ok: true,
    document: {
      ...kept,
      id: before?.id ?? read('id'),
      name: read('name'),
      enabled: read('enabled') === 'on',
      mode: read('shadow') === 'on' ? 'shadow' : 'enforce',
      match,
      scope: period === 'payment' ? [] : scopes.filter((one) => read(`scope-${one}`) === 'on'),
      period,
      currency: before?.currency ?? 'CNY',
      ...(minAmount === undefined ? {} : { minAmount }),
      ...(maxAmount === undefined ? {} : { maxAmount }),
      ...(maxCount === undefined ? {} : { maxCount }),
      warnAtPercent,
      releaseOnRefund: read('releaseOnRefund') === 'on',
      reject,
    },
  };
}
