import type { FactDefinition } from '@tributary/rules/define-fact';
import { diffInSlices } from '@tributary/rules/diff-in-slices';
import { conditionInWords } from '@tributary/rules/explain';
import { glossaryOf } from '@tributary/rules/glossary';
import { createJsonSchema } from '@tributary/rules/json-schema';
import { lintInSlices } from '@tributary/rules/lint';
import { type EventTypes, parseInSlices } from '@tributary/rules/parse';
import { inOrder, type RuleSet } from '@tributary/rules/rule-set';
import { runInSlices, type Work } from '@tributary/rules/slices';
import { unknownReferences } from '../../config/changes/rule-references.ts';
import type { ConfigSnapshot } from '../../config/snapshot.ts';
import { eventInWords } from '../../config/words/event-words.ts';
import { riskLanguage } from '../../risk/check-risk.ts';
import { routingLanguage } from '../../routing/plan-route.ts';

type RuleKind = 'risk' | 'routing';

const languages: Record<RuleKind, { facts: readonly FactDefinition[]; eventTypes: EventTypes }> = {
  risk: riskLanguage,
  routing: routingLanguage,
};

/** A document that parses, with its rules as a table: each in words, in the order in which it is tried. */
type ReadRules = { set: RuleSet; rows: RuleRow[] };
export type RuleRow = {
  id: string;
  name: string;
  priority: number;
  enabled: boolean;
  words: { en: string; zh: string };
  event: { type: string; params: Record<string, unknown> };
};

/** What was read of a document that is in force or was; those do not change, and live as long as it. */
const known = new WeakMap<object, ReadRules>();

/** Undefined for what does not parse. In slices: a document of two megabytes must not hold up payments. */
async function readRules(kind: RuleKind, document: unknown): Promise<ReadRules | undefined> {
  const key = typeof document === 'object' && document !== null ? document : undefined;
  const found = key && known.get(key);
  if (found) return found;
  const parsed = await parseInSlices(document, languages[kind]);
  if (!parsed.ok) return undefined;
  const read = { set: parsed.value, rows: await runInSlices(describing(parsed.value, languages[kind].facts), 0.25) };
  if (key) known.set(key, read);
  return read;
}

function* describing(set: RuleSet, facts: readonly FactDefinition[]): Work<RuleRow[]> {
  const glossary = glossaryOf(facts);
  const rows: RuleRow[] = [];
  for (const { id, name, priority, enabled, conditions, event } of inOrder(set)) {
    rows.push({
      id,
      name: name ?? id,
      priority,
      enabled,
      words: { en: conditionInWords(conditions, 'en', glossary), zh: conditionInWords(conditions, 'zh', glossary) },
      event: { type: event.type, params: event.params as Record<string, unknown> },
    });
    yield;
  }
  return rows;
}

type Issue = { path: string; code: string; message: string; severity: 'error' | 'warning' | 'info' };

/** A draft beside what is in force: errors that forbid publishing, or findings that deserve a thought, and what changes. */
export async function validateRules(kind: RuleKind, document: unknown, live: unknown, around?: ConfigSnapshot) {
  const parsed = await parseInSlices(document, languages[kind]);
  const found: Issue[] = parsed.ok ? await lintInSlices(parsed.value, languages[kind].facts) : [...parsed.issues];
  const issues = found.map(({ path, code, message, severity }) => ({ path, code, message, severity }));
  // As the gate has it: nothing that forbids anything is never what somebody meant.
  if (parsed.ok && kind === 'risk' && !parsed.value.rules.some(({ enabled }) => enabled))
    issues.unshift({
      path: '/rules',
      code: 'no_rules',
      message: 'no rule is left that is switched on',
      severity: 'error',
    });
  if (parsed.ok && around)
    for (const { path, kind: what, id } of unknownReferences(document, around))
      issues.push({ path, code: 'unknown_reference', message: `there is no ${what} ${id}`, severity: 'warning' });
  return {
    ok: !issues.some(({ severity }) => severity === 'error'),
    issues,
    rules: await describeRules(kind, document),
    changes: (await diffRules(kind, live, document)) ?? [],
  };
}

/** A document as a table: each rule in words, in the order in which it is tried. Empty for what does not parse. */
export const describeRules = async (kind: RuleKind, document: unknown): Promise<RuleRow[]> =>
  (await readRules(kind, document))?.rows ?? [];

/** What changed between two documents, in words; undefined when one of them does not parse. */
export async function diffRules(kind: RuleKind, a: unknown, b: unknown) {
  const [before, after] = [await readRules(kind, a), await readRules(kind, b)];
  if (!before || !after) return undefined;
  const wording = { glossary: glossaryOf(languages[kind].facts), sayEvent: eventInWords };
  return (await diffInSlices(before.set, after.set, wording)).map(({ words, ...change }) => ({
    words,
    kind: change.kind,
  }));
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
