import { kindOf, operatorParts, partsOf, readHourWindow } from './condition.ts';
import { isObject, type Json, namedConditions, type RuleDocument } from './document.ts';
import { factLabel, isHour, type Vocabulary } from './facts.ts';
import { sayValue } from './value-text.ts';

const operators: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  equal: ['是', 'is'],
  notEqual: ['不是', 'is not'],
  in: ['属于', 'is one of'],
  notIn: ['不属于', 'is none of'],
  contains: ['包含', 'contains'],
  doesNotContain: ['不包含', 'does not contain'],
  lessThan: ['<', '<'],
  lessThanInclusive: ['≤', '≤'],
  greaterThan: ['>', '>'],
  greaterThanInclusive: ['≥', '≥'],
  startsWith: ['开头是', 'starts with'],
  startsWithAny: ['开头是其中之一', 'starts with one of'],
};

const decorators: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  not: ['不满足', 'not'],
  someFact: ['其中之一', 'some'],
  everyFact: ['每一个', 'every'],
  someValue: ['对某个值', 'for one of the values'],
  everyValue: ['对每个值', 'for each of the values'],
  swap: ['对调', 'swapped'],
};

export const operatorNames = Object.keys(operators);
export const decoratorNames = Object.keys(decorators);

export const sayOperator = (name: string, locale: 'zh' | 'en'): string =>
  operators[name]?.[locale === 'zh' ? 0 : 1] ?? name;
export const sayDecorator = (name: string, locale: 'zh' | 'en'): string =>
  decorators[name]?.[locale === 'zh' ? 0 : 1] ?? name;

const hour = (value: number): string => `${String(value).padStart(2, '0')}:00`;

/** One comparison: `金额 > ¥1,000.00`. */
function sayComparison(condition: Json, vocabulary: Vocabulary): string {
  if (!isObject(condition)) return '?';
  const { locale } = vocabulary;
  const fact = String(condition.fact);
  const { decorators: outer, name } = operatorParts(typeof condition.operator === 'string' ? condition.operator : '?');
  const label = factLabel(fact, vocabulary) + (typeof condition.path === 'string' ? condition.path.slice(1) : '');
  const known = vocabulary.facts.get(fact);
  if (known?.type === 'boolean' && outer.length === 0 && (name === 'equal' || name === 'notEqual')) {
    const holds = (condition.value === true) === (name === 'equal');
    if (typeof condition.value === 'boolean')
      return holds ? label : locale === 'zh' ? `非${label}` : `not ${label.toLowerCase()}`;
  }
  const before = outer.map((one) => `${sayDecorator(one, locale)} `).join('');
  return `${label} ${before}${sayOperator(name, locale)} ${sayValue(condition.value, fact, vocabulary)}`;
}

/** A condition as people say it, without values of a payment. */
export function sayCondition(condition: Json | undefined, vocabulary: Vocabulary, depth = 0): string {
  const zh = vocabulary.locale === 'zh';
  if (condition === undefined || !isObject(condition)) return zh ? '（无）' : '(none)';
  if (depth > 12) return '…';
  const hours = new Set([...vocabulary.facts.values()].filter(isHour).map(({ name }) => name));
  const window = readHourWindow(condition, hours);
  if (window) return `${hour(window.from)}–${hour(window.to)}`;
  const kind = kindOf(condition);
  if (kind === 'fact') return sayComparison(condition, vocabulary);
  if (kind === 'condition') return `「${String(condition.condition)}」`;
  if (kind === 'not') return `${zh ? '非' : 'not '}(${sayCondition(condition.not, vocabulary, depth + 1)})`;
  if (kind === 'other') return zh ? '（见 JSON）' : '(see JSON)';
  const parts = partsOf(condition).map((part) => sayCondition(part, vocabulary, depth + 1));
  if (parts.length === 0) return zh ? '（空）' : '(empty)';
  const text = parts.join(kind === 'all' ? (zh ? ' 且 ' : ' and ') : zh ? ' 或 ' : ' or ');
  return depth > 0 && parts.length > 1 ? `(${text})` : text;
}

/** How many places of the document use a named condition. */
export function usesOf(document: RuleDocument, name: string): number {
  const count = (condition: Json | undefined): number => {
    if (!isObject(condition)) return 0;
    const kind = kindOf(condition);
    if (kind === 'condition') return condition.condition === name ? 1 : 0;
    if (kind === 'not') return count(condition.not);
    return partsOf(condition).reduce<number>((sum, part) => sum + count(part), 0);
  };
  return (
    document.rules.reduce((sum, rule) => sum + count(rule.conditions), 0) +
    Object.values(namedConditions(document)).reduce<number>((sum, one) => sum + count(one), 0)
  );
}
