import type { FactDefinition } from '@tributary/rules/define-fact';
import { diff } from '@tributary/rules/diff';
import { conditionInWords } from '@tributary/rules/explain';
import { createJsonSchema } from '@tributary/rules/json-schema';
import { lint } from '@tributary/rules/lint';
import { type EventTypes, parse } from '@tributary/rules/parse';
import { inOrder } from '@tributary/rules/rule-set';
import { riskLanguage } from '../../risk/check-risk.ts';
import { routingLanguage } from '../../routing/plan-route.ts';

type RuleKind = 'risk' | 'routing';

const languages: Record<RuleKind, { facts: readonly FactDefinition[]; eventTypes: EventTypes }> = {
  risk: riskLanguage,
  routing: routingLanguage,
};

/** Errors that forbid publishing, and findings that deserve a thought. */
export function validateRules(kind: RuleKind, document: unknown) {
  const language = languages[kind];
  const parsed = parse(document, language);
  if (!parsed.ok)
    return {
      ok: false as const,
      issues: parsed.issues.map(({ path, code, message, severity }) => ({ path, code, message, severity })),
    };
  const findings = lint(parsed.value, language.facts).map(({ path, code, message, severity }) => ({
    path,
    code,
    message,
    severity,
  }));
  return { ok: true as const, issues: findings };
}

/** A document as a table: each rule in words, in the order in which it is tried. */
export function describeRules(kind: RuleKind, document: unknown) {
  const parsed = parse(document, languages[kind]);
  if (!parsed.ok) return [];
  return [...inOrder(parsed.value)].map(({ id, name, priority, enabled, conditions, event }) => ({
    id,
    name: name ?? id,
    priority,
    enabled,
    words: { en: conditionInWords(conditions, 'en'), zh: conditionInWords(conditions, 'zh') },
    event: { type: event.type, params: event.params as Record<string, unknown> },
  }));
}

/** What changed between two documents, in words; undefined when one of them does not parse. */
export function diffRules(kind: RuleKind, a: unknown, b: unknown) {
  const [before, after] = [parse(a, languages[kind]), parse(b, languages[kind])];
  if (!before.ok || !after.ok) return undefined;
  return diff(before.value, after.value).map(({ words, ...change }) => ({ words, kind: change.kind }));
}

/** What the editor needs to help: JSON Schema, facts and events. */
export function schemaOf(kind: RuleKind) {
  const { facts, eventTypes } = languages[kind];
  return {
    jsonSchema: createJsonSchema({ facts, eventTypes }),
    facts: facts.map((fact) => ({
      name: fact.name,
      type: fact.type,
      unit: fact.unit ?? null,
      description: fact.description,
      descriptionZh: fact.descriptionZh,
      example: fact.example,
    })),
    events: Object.keys(eventTypes),
  };
}
