import { ruleLimits } from '../limits.ts';
import { greaterThan, greaterThanInclusive, lessThan, lessThanInclusive } from './compare.ts';
import { contains, doesNotContain } from './contains.ts';
import { everyFact, everyValue, not, someFact, someValue, swap } from './decorators.ts';
import { equal, notEqual } from './equal.ts';
import { isIn, notIn } from './in.ts';
import type { Decorator, Operator } from './operator.ts';
import { startsWith, startsWithAny } from './starts-with.ts';

/** Every operator, by name. A new one: its file, and a line here. */
export const operators: readonly Operator[] = [
  equal,
  notEqual,
  isIn,
  notIn,
  contains,
  doesNotContain,
  lessThan,
  lessThanInclusive,
  greaterThan,
  greaterThanInclusive,
  startsWith,
  startsWithAny,
];

export const decorators: readonly Decorator[] = [someFact, everyFact, someValue, everyValue, swap, not];

const operatorByName = new Map(operators.map((operator) => [operator.name, operator]));
const decoratorByName = new Map(decorators.map((decorator) => [decorator.name, decorator]));

function bindThrough(decorator: Decorator, bind: NonNullable<Operator['bind']>): NonNullable<Operator['bind']> {
  return (right) => {
    const bound = bind(right);
    const test = decorator.wrap((left) => bound(left));
    return (left) => test(left, right);
  };
}

function needThrough(decorator: Decorator, next: Operator): Pick<Operator, 'need'> {
  const { need } = decorator;
  const { need: plain } = next;
  return need && plain ? { need: (right) => need(plain, right) } : {};
}

function decorate(decorator: Decorator, next: Operator): Operator {
  const words = (language: 'en' | 'zh'): string => `${decorator.words[language]}: ${next.words[language]}`;
  return {
    name: `${decorator.name}:${next.name}`,
    words: { en: words('en'), zh: words('zh') },
    test: decorator.wrap(next.test),
    ...(decorator.keepsRight && next.bind ? { bind: bindThrough(decorator, next.bind) } : {}),
    ...needThrough(decorator, next),
    check: (left, right) => decorator.check(left, right, next.check),
  };
}

/** Finds `greaterThan` or a decorated `everyFact:not:in`, outermost decorator first. */
export function findOperator(name: string): Operator | undefined {
  const plain = operatorByName.get(name);
  if (plain) return plain;
  if (name.length > 200) return undefined;
  const parts = name.split(':');
  let operator = operatorByName.get(parts.pop() ?? '');
  if (parts.length > ruleLimits.decorators) return undefined;
  for (const part of parts.reverse()) {
    const decorator = decoratorByName.get(part);
    if (!operator || !decorator) return undefined;
    operator = decorate(decorator, operator);
  }
  return operator;
}
