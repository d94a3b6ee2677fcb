import type { ExplainedCondition, ExplainedFact, RuleExplanation } from './explain-rule.ts';
import { emptyGlossary, factInWords, fenInWords, type Glossary, isMoney } from './glossary.ts';
import type { Language } from './language.ts';
import { findOperator } from './operators/find-operator.ts';
import { type Condition, isFactReference } from './rule-set.ts';

const words = {
  en: {
    and: ' and ',
    or: ' or ',
    not: 'not ',
    missing: 'missing',
    more: (n: number) => `… ${n} values`,
    none: 'nothing',
  },
  zh: { and: ' 且 ', or: ' 或 ', not: '非 ', missing: '缺失', more: (n: number) => `… 共 ${n} 个值`, none: '无' },
} as const;

/** Lists are shown up to this many values. */
const shownValues = 5;

function sayValue(value: unknown, language: Language): string {
  if (value === undefined) return words[language].missing;
  if (!Array.isArray(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const values: readonly unknown[] = value;
  const first = values.slice(0, shownValues).map((item) => sayValue(item, language));
  const rest = values.length > shownValues ? ` ${words[language].more(values.length)}` : '';
  return `[${first.join(', ')}${rest}]`;
}

const sayOperator = (name: string, language: Language): string => findOperator(name)?.words[language] ?? name;

const sayFact = (fact: string, path: string | undefined): string =>
  path === undefined || path === '$' ? fact : `${fact}${path.startsWith('$') ? path.slice(1) : `.${path}`}`;

const join = (parts: readonly string[], between: string): string =>
  parts.length > 1 ? `(${parts.join(between)})` : parts.join('');

const strip = (text: string): string => (text.startsWith('(') && closesLast(text) ? text.slice(1, -1) : text);

function closesLast(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    if (depth === 0) return i === text.length - 1;
  }
  return false;
}

/** A constant of a fact: money as money, where the glossary says that it is. */
function sayConstant(value: unknown, fact: string, glossary: Glossary): unknown {
  if (!isMoney(glossary.get(fact))) return value;
  if (Array.isArray(value)) return (value as readonly unknown[]).map((item) => sayConstant(item, fact, glossary));
  return typeof value === 'number' && Number.isSafeInteger(value) ? fenInWords(value) : value;
}

function sayComparison(condition: ExplainedFact, language: Language, glossary: Glossary): string {
  const { fact, path, operator, value, factResult, valueResult } = condition;
  const sayName = (name: string, at: string | undefined) => sayFact(factInWords(name, language, glossary), at);
  const sayOne = (one: unknown) => sayValue(sayConstant(one, fact, glossary), language);
  const name = isFactReference(value) ? `${sayName(value.fact, value.path)} ` : '';
  return `${sayName(fact, path)} ${sayOne(factResult)} ${sayOperator(operator, language)} ${name}${sayOne(valueResult)}`;
}

function negated(text: string, language: Language): string {
  return `${words[language].not}${text.startsWith('(') && closesLast(text) ? text : `(${text})`}`;
}

function sayReason(condition: ExplainedCondition, language: Language, glossary: Glossary): string {
  const { and, or } = words[language];
  const reasons = (parts: readonly ExplainedCondition[], decisive: boolean) =>
    parts.filter((part) => part.result === decisive).map((part) => sayReason(part, language, glossary));
  if ('all' in condition) return join(reasons(condition.all, condition.result), condition.result ? and : or);
  if ('any' in condition) return join(reasons(condition.any, condition.result), condition.result ? or : and);
  if ('not' in condition) return sayReason(condition.not, language, glossary);
  const said = sayComparison(condition, language, glossary);
  return condition.result ? said : negated(said, language);
}

/**
 * Why a rule fired or did not, from the conditions that decided it:
 * `amount 120000 > 100000 and bank CMB is in [CMB, ICBC]`, or `not (amount 900 > 100000)`. With a glossary:
 * `金额 ¥1,200.00 > ¥1,000.00`.
 */
export function explainInWords(
  explanation: RuleExplanation,
  language: Language,
  glossary: Glossary = emptyGlossary,
): string {
  return strip(sayReason(explanation.conditions, language, glossary)) || words[language].none;
}

/**
 * A condition as written, without facts: `amount > 100000 and (country = CN or country = HK)`. With a glossary, facts go by
 * their names in the language, and money is money: `金额 > ¥1,000.00`.
 */
export function conditionInWords(condition: Condition, language: Language, glossary: Glossary = emptyGlossary): string {
  const { and, or } = words[language];
  const sayName = (fact: string, path: string | undefined) => sayFact(factInWords(fact, language, glossary), path);
  const say = (part: Condition): string => {
    if ('condition' in part) return part.condition;
    if ('all' in part) return join(part.all.map(say), and);
    if ('any' in part) return join(part.any.map(say), or);
    if ('not' in part) return negated(say(part.not), language);
    const { fact, path, operator, value } = part;
    const right = isFactReference(value)
      ? sayName(value.fact, value.path)
      : sayValue(sayConstant(value, fact, glossary), language);
    return `${sayName(fact, path)} ${sayOperator(operator, language)} ${right}`;
  };
  return strip(say(condition));
}
