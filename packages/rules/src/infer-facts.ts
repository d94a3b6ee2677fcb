import { defineFact, type FactDefinition, type FactItems, type FactType } from './define-fact.ts';
import { type Condition, type FactCondition, isFactReference, type RuleSet } from './rule-set.ts';

interface Guess {
  readonly type: FactType;
  readonly items?: FactItems;
}

const scalarTypes: Readonly<Record<string, Exclude<FactType, 'list'>>> = {
  number: 'integer',
  string: 'string',
  boolean: 'boolean',
};

/** A fact is a list where its items are spoken of. */
const speaksOfItems = ({ operator, path }: FactCondition): boolean =>
  path !== undefined || /(^|:)(contains|doesNotContain)$|(^|:)(someFact|everyFact):/.test(operator);

function guess(condition: FactCondition): Guess | undefined {
  const { value } = condition;
  const isList = speaksOfItems(condition);
  if (isFactReference(value)) return isList ? { type: 'list' } : undefined;
  const type = scalarTypes[typeof (Array.isArray(value) ? value[0] : value)];
  if (!isList) return type && { type };
  return type === undefined || type === 'boolean' ? { type: 'list' } : { type: 'list', items: type };
}

function define(name: string, { type, items }: Guess): FactDefinition {
  const texts = { name, optional: true, description: 'Inferred.', descriptionZh: '推断得出。' } as const;
  if (type === 'integer') return defineFact({ ...texts, type, example: 0 });
  if (type === 'boolean') return defineFact({ ...texts, type, example: false });
  if (type === 'string') return defineFact({ ...texts, type, example: '' });
  return defineFact({ ...texts, type, ...(items ? { items } : {}), example: [] });
}

/**
 * What the facts of a rule set seem to be, from the values that they are compared with: enough to try a document that
 * comes without its facts. All of them count as optional; where nothing is known, as text.
 */
export function inferFacts({ rules, conditions }: RuleSet): FactDefinition[] {
  const guesses = new Map<string, Guess | undefined>();
  const note = (condition: Condition): void => {
    if ('all' in condition) condition.all.forEach(note);
    else if ('any' in condition) condition.any.forEach(note);
    else if ('not' in condition) note(condition.not);
    else if ('fact' in condition) {
      guesses.set(condition.fact, guesses.get(condition.fact) ?? guess(condition));
      const { value } = condition;
      if (isFactReference(value) && !guesses.has(value.fact)) guesses.set(value.fact, undefined);
    }
  };
  for (const rule of rules) note(rule.conditions);
  Object.values(conditions).forEach(note);
  return [...guesses].map(([name, found]) => define(name, found ?? { type: 'string' }));
}
