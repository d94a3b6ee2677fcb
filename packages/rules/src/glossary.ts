import type { FactDefinition } from './define-fact.ts';
import type { Language } from './language.ts';

/** What the facts of a rule set are called and count, by name: lets sentences say `金额 > ¥20,000.00`. */
export type Glossary = ReadonlyMap<string, FactDefinition>;

export const emptyGlossary: Glossary = new Map();

export const glossaryOf = (facts: readonly FactDefinition[]): Glossary =>
  new Map(facts.map((fact) => [fact.name, fact]));

/** A fact's name as people say it: the Chinese description without its remarks, or the words of its name. */
export function factInWords(name: string, language: Language, glossary: Glossary): string {
  const fact = glossary.get(name);
  if (!fact) return name;
  if (language === 'zh') return fact.descriptionZh.replace(/[（(].*$/, '').trim() || name;
  return name.replace(/([a-z])([A-Z0-9])/g, '$1 $2').toLowerCase();
}

/** Whether a fact's numbers are money. */
export const isMoney = (fact: FactDefinition | undefined): boolean =>
  fact?.unit === 'minor units' || fact?.unit === 'fen';

/** Fen as people read them: `¥20,000.00`. */
export function fenInWords(fen: number): string {
  const digits = String(Math.abs(fen)).padStart(3, '0');
  const yuan = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${fen < 0 ? '−' : ''}¥${yuan}.${digits.slice(-2)}`;
}
