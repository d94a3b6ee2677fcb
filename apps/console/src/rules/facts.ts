import type { Json } from './document.ts';

/** What the engine says about a fact that rules may name. */
export type Fact = {
  readonly name: string;
  readonly type: string;
  readonly unit: string | null;
  readonly description: string;
  readonly descriptionZh: string;
  readonly items?: string | null;
  readonly values?: readonly (string | number)[] | null;
};

export type Choice = { readonly value: string | number; readonly label: string };

/** Everything an editor needs to know to offer and to say conditions. */
export type Vocabulary = {
  readonly facts: ReadonlyMap<string, Fact>;
  /** Values to choose from, by fact. */
  readonly choices: ReadonlyMap<string, readonly Choice[]>;
  readonly locale: 'zh' | 'en';
};

/** A fact's name as people say it: the Chinese description without its remarks, or the words of the name. */
export function factLabel(name: string, { facts, locale }: Vocabulary): string {
  const fact = facts.get(name);
  if (locale === 'zh' && fact) return fact.descriptionZh.replace(/[（(].*$/, '').trim() || name;
  const words = name.replace(/([a-z])([A-Z0-9])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** How a value of a fact is typed in. */
export type Input = 'amount' | 'number' | 'text' | 'boolean';

export function inputOf(fact: Fact | undefined): Input {
  if (!fact) return 'text';
  const type = fact.type === 'list' ? (fact.items ?? 'string') : fact.type;
  if (type === 'boolean') return 'boolean';
  if (type === 'string') return 'text';
  return fact.unit === 'minor units' || fact.unit === 'fen' ? 'amount' : 'number';
}

/** Facts that are hours of a day, and so can be said as a part of the day. */
export const isHour = (fact: Fact): boolean => fact.type === 'integer' && fact.unit === 'hour';

const ordered = ['lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'] as const;

/** The operators that make sense for a fact, the likeliest first. */
export function operatorsOf(fact: Fact | undefined): readonly string[] {
  if (!fact) return ['equal', 'notEqual', 'in', 'notIn', ...ordered, 'contains', 'doesNotContain', 'startsWith'];
  if (fact.type === 'boolean') return ['equal', 'notEqual'];
  if (fact.type === 'list') return ['contains', 'doesNotContain'];
  if (fact.type === 'string') return ['equal', 'notEqual', 'in', 'notIn', 'startsWith', 'startsWithAny'];
  return ['greaterThan', 'greaterThanInclusive', 'lessThan', 'lessThanInclusive', 'equal', 'notEqual', 'in', 'notIn'];
}

/** Operators whose right side is a list of values. */
export const takesList = (operator: string): boolean => /(^|:)(in|notIn|startsWithAny)$/.test(operator);

/** The value that a comparison starts with. */
export function firstValue(fact: Fact | undefined, operator: string): Json {
  if (takesList(operator)) return [];
  const input = inputOf(fact);
  return input === 'boolean' ? true : input === 'text' ? '' : 0;
}

/** A value that fits another operator: kept where it can be, put into a list or taken out of one. */
export function refit(value: Json | undefined, operator: string, fact: Fact | undefined): Json {
  if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value)))
    return firstValue(fact, operator);
  const list = Array.isArray(value) ? (value as readonly Json[]) : undefined;
  if (takesList(operator)) return list ?? (value === '' ? [] : [value]);
  return list ? (list[0] ?? firstValue(fact, operator)) : value;
}
