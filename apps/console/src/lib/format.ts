import type { Currency } from '@tributary/contracts/money';

// The contract's numbers again, held to it by a test: its module brings the schema library along, which no page needs.
export const exponents = { CNY: 2, HKD: 2, USD: 2, EUR: 2, GBP: 2, SGD: 2, JPY: 0 } as const satisfies Record<
  Currency,
  number
>;

const signs: Partial<Record<Currency, string>> = {
  CNY: '¥',
  HKD: 'HK$',
  USD: '$',
  EUR: '€',
  GBP: '£',
  SGD: 'S$',
  JPY: 'JP¥',
};
const zone = 'Asia/Shanghai';

/** Digits of minor units with the point where it belongs: 1234567, 2 -> 12345.67. */
function decimal(minor: number, exponent: number): string {
  const digits = Math.abs(minor)
    .toString()
    .padStart(exponent + 1, '0');
  return exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

const grouped = (text: string): string => {
  const [whole = '', fraction] = text.split('.');
  const withCommas = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`;
};

/** Minor units as people read them, e.g. 1234567 fen -> ¥12,345.67. Works on digits, never on floats. */
export function money(amountMinor: number, currency: string): string {
  const known = (currency in exponents ? currency : 'CNY') as Currency;
  const text = grouped(decimal(amountMinor, exponents[known]));
  return `${amountMinor < 0 ? '−' : ''}${signs[known] ?? ''}${text}`;
}

/** Text of an amount in major units to minor units; undefined when it is not one. `12.3` -> 1230 */
export function parseYuan(text: string): number | undefined {
  const match = /^(\d{1,11})(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (!match) return undefined;
  return Number((match[1] ?? '0') + (match[2] ?? '').padEnd(2, '0'));
}

const parts = new Intl.DateTimeFormat('en-CA', {
  timeZone: zone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** `2026-11-23 14:45:02`, in the business time zone. */
export const dateTime = (ms: number): string => parts.format(ms).replace(',', '');

/** `14:45:02.123` */
export const timeOfDay = (ms: number): string => `${dateTime(ms).slice(11)}.${String(ms % 1000).padStart(3, '0')}`;

/** `1.2 s`, `340 ms`, `12 min 5 s`: a length of time in ms as people say it. */
export function duration(ms: number): string {
  if (ms < 1) return '<1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const seconds = Math.round((ms % 60_000) / 1000);
  return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`;
}

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '—' : `${((part / whole) * 100).toFixed(1)}%`;

/** Share in hundredths of a percent as a percentage, e.g. 60 -> 0.60%. */
export const bps = (value: number): string => `${(value / 100).toFixed(2)}%`;

/** Fen as the text of an input field, e.g. 1230 -> 12.30. */
export const yuan = (fen: number | null): string => (fen === null ? '' : decimal(fen, exponents.CNY));
