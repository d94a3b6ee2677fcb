import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FactDefinition } from '@tributary/rules/define-fact';
import { lint } from '@tributary/rules/lint';
import { decorators, operators } from '@tributary/rules/operators/find-operator';
import { parse } from '@tributary/rules/parse';
import { describe, expect, it } from 'vitest';
import { compileDocument } from '../config/compiled-rules.ts';
import { riskLanguage } from './check-risk.ts';
import { riskEvents } from './events.ts';
import { type RiskFactValues, riskFacts, velocityFacts } from './facts.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/rules.md'), 'utf8');

type Recipe = { title: string; rule: Record<string, unknown>; fires: object[]; quiet: object[] };

const examples = (line: string): object[] =>
  [...line.matchAll(/`(\{.*?\})`/g)].map(([, json = '']) => JSON.parse(json));

const recipes: Recipe[] = page
  .split(/^### /m)
  .slice(1)
  .map((section) => ({
    title: section.slice(0, section.indexOf('\n')),
    rule: JSON.parse(/```json\n(.*?)\n```/s.exec(section)?.[1] ?? 'null'),
    fires: examples(/^命中 Fires on: (.*)$/m.exec(section)?.[1] ?? ''),
    quiet: examples(/^不命中 Not on: (.*)$/m.exec(section)?.[1] ?? ''),
  }));

/** An ordinary payment by day: nothing happened before, nobody is on a list. */
const ordinary: Record<string, unknown> = {
  amount: 10_000,
  currency: 'CNY',
  serviceId: 'wechat.native',
  product: 'native',
  merchantId: 'mch_cafe',
  payerId: 'payer-1',
  hour: 14,
  weekday: 2,
  night: false,
};
for (const { name, type } of riskFacts) {
  if (name.endsWith('Lists')) ordinary[name] = [];
  else if (type === 'boolean') ordinary[name] = false;
}
for (const fact of velocityFacts as readonly FactDefinition[])
  if (fact.type === 'integer' && fact.unit !== 'percent' && fact.unit !== 'minutes') ordinary[fact.name] = 0;

async function fired(rule: object, facts: object): Promise<string[]> {
  const set = await compileDocument({ rules: [rule] }, riskLanguage);
  return set.matches({ ...ordinary, ...facts } as RiskFactValues).map(({ id }) => id);
}

describe('the recipes of docs/rules.md', () => {
  it('are the fifteen that every payment company has, and more, each with its own id', () => {
    expect(recipes.length).toBeGreaterThanOrEqual(15);
    expect(new Set(recipes.map(({ rule }) => rule.id)).size).toBe(recipes.length);
  });

  it.each(recipes)('$title: fires on its examples and on no other', async ({ rule, fires, quiet }) => {
    expect(fires.length).toBeGreaterThan(0);
    expect(quiet.length).toBeGreaterThan(0);
    for (const facts of fires) expect(await fired(rule, facts), JSON.stringify(facts)).toEqual([rule.id]);
    for (const facts of quiet) expect(await fired(rule, facts), JSON.stringify(facts)).toEqual([]);
  });

  it('stand together in one document, and the linter finds nothing', () => {
    const parsed = parse({ rules: recipes.map(({ rule }) => rule) }, riskLanguage);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    expect(lint(parsed.value, riskFacts)).toEqual([]);
  });
});

describe('docs/rules.md', () => {
  it('shows no JSON that would be refused', async () => {
    const blocks = [...page.matchAll(/```json\n(.*?)\n```/gs)].map(([, json = '']) => JSON.parse(json));
    expect(blocks.length).toBe(recipes.length + 2);
    for (const block of blocks) await compileDocument('rules' in block ? block : { rules: [block] }, riskLanguage);
  });

  it('knows every event, operator and decorator, and no other fact than there is', () => {
    for (const event of Object.keys(riskEvents)) expect(page).toContain(`| \`${event}\` |`);
    for (const { name } of operators) expect(page).toContain(`\`${name}\``);
    for (const { name } of decorators) expect(page).toContain(`\`${name}:\``);
    const known = new Set<string>(riskFacts.map(({ name }) => name));
    for (const [, name = ''] of page.matchAll(/`(?:merchant|payer|device|ip|card|bank|amount)([A-Z]\w+)`/g))
      expect(
        [...known].some((fact) => fact.endsWith(name)),
        name,
      ).toBe(true);
  });
});
