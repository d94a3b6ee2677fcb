import { conditionInWords } from './explain.ts';
import { emptyGlossary, type Glossary } from './glossary.ts';
import type { Language } from './language.ts';
import { type Condition, inOrder, type Rule, type RuleSet } from './rule-set.ts';

export type RuleField = 'name' | 'priority' | 'enabled' | 'conditions' | 'event';

/** One difference between two rule sets. `words` is a sentence about it. */
export type RuleChange = { readonly words: Readonly<Record<Language, string>> } & (
  | { readonly kind: 'added' | 'removed' | 'moved'; readonly id: string }
  | { readonly kind: 'changed'; readonly id: string; readonly fields: readonly RuleField[] }
  | { readonly kind: 'condition_added' | 'condition_removed' | 'condition_changed'; readonly name: string }
);

const fields: readonly RuleField[] = ['name', 'priority', 'enabled', 'conditions', 'event'];

/** JSON with sorted keys: equal texts mean equal meaning. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, child]) => child !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonical(child)}`).join(',')}}`;
}

const label = (rule: Rule): string => (rule.name === undefined ? rule.id : `${rule.id} (${rule.name})`);

/** How the sentences of a comparison are worded: by default facts and events go by the names that rules call them. */
export type DiffWording = {
  readonly glossary?: Glossary;
  readonly sayEvent?: (event: Rule['event'], language: Language) => string;
};

const plainEvent = ({ type, params }: Rule['event']): string =>
  params === undefined ? type : `${type} ${canonical(params)}`;

const plain: Required<DiffWording> = { glossary: emptyGlossary, sayEvent: plainEvent };

const labels: Readonly<Record<RuleField, Readonly<Record<Language, string>>>> = {
  name: { en: 'name', zh: '名称' },
  priority: { en: 'priority', zh: '优先级' },
  enabled: { en: 'enabled', zh: '启用' },
  conditions: { en: 'conditions', zh: '条件' },
  event: { en: 'event', zh: '事件' },
};

const truths = { en: ['off', 'on'], zh: ['停用', '启用'] } as const;

function sayField(rule: Rule, field: RuleField, language: Language, wording: Required<DiffWording>): string {
  if (field === 'conditions') return conditionInWords(rule.conditions, language, wording.glossary);
  if (field === 'event') return wording.sayEvent(rule.event, language);
  if (field === 'enabled') return truths[language][rule.enabled ? 1 : 0];
  return String(rule[field] ?? '-');
}

function describeChange(
  before: Rule,
  after: Rule,
  changed: readonly RuleField[],
  language: Language,
  wording: Required<DiffWording>,
): string {
  const parts = changed.map((field) => {
    const [from, to] = [before, after].map((rule) => sayField(rule, field, language, wording));
    const name = labels[field][language];
    return from === to ? name : `${name}: ${from} → ${to}`;
  });
  return `${label(after)}${language === 'en' ? ' changed: ' : ' 已修改：'}${parts.join('; ')}`;
}

function describeRule(
  rule: Rule,
  verb: Readonly<Record<Language, string>>,
  { glossary, sayEvent }: Required<DiffWording>,
): Readonly<Record<Language, string>> {
  const say = (language: Language): string =>
    `${label(rule)} ${verb[language]}: ${conditionInWords(rule.conditions, language, glossary)} → ${sayEvent(rule.event, language)}`;
  return { en: say('en'), zh: say('zh') };
}

/** A longest increasing subsequence: the rules that kept their order. */
function keptInOrder(positions: readonly number[]): ReadonlySet<number> {
  const tails: number[] = [];
  const previous: number[] = [];
  for (const [i, position] of positions.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((positions[tails[middle] ?? 0] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    previous[i] = low > 0 ? (tails[low - 1] ?? -1) : -1;
    tails[low] = i;
  }
  const kept = new Set<number>();
  for (let i = tails.at(-1) ?? -1; i >= 0; i = previous[i] ?? -1) kept.add(positions[i] ?? -1);
  return kept;
}

/** Enabled rules of both sets, with equal priority, whose order among each other is another. */
function movedRules(a: RuleSet, b: RuleSet): Rule[] {
  const before = new Map(inOrder(a).map((rule, position) => [rule.id, { rule, position }]));
  const common = inOrder(b).flatMap((rule) => {
    const old = before.get(rule.id);
    return old && old.rule.priority === rule.priority ? [{ rule, position: old.position }] : [];
  });
  const kept = keptInOrder(common.map(({ position }) => position));
  return common.filter(({ position }) => !kept.has(position)).map(({ rule }) => rule);
}

function diffConditions(a: RuleSet, b: RuleSet, glossary: Glossary): RuleChange[] {
  const own = (set: RuleSet, name: string): Condition | undefined =>
    Object.hasOwn(set.conditions, name) ? set.conditions[name] : undefined;
  const changes: RuleChange[] = [];
  for (const name of new Set([...Object.keys(a.conditions), ...Object.keys(b.conditions)])) {
    const [before, after] = [own(a, name), own(b, name)];
    if (canonical(before ?? null) === canonical(after ?? null)) continue;
    const kind = !before ? 'condition_added' : !after ? 'condition_removed' : 'condition_changed';
    const say = (language: Language): string => {
      const texts = [before, after].map((condition) =>
        condition ? conditionInWords(condition, language, glossary) : '-',
      );
      return `${language === 'en' ? 'condition' : '条件'} ${name}: ${texts.join(' → ')}`;
    };
    changes.push({ kind, name, words: { en: say('en'), zh: say('zh') } });
  }
  return changes;
}

/** What changes for the reader, and for payments, when `b` replaces `a`. Empty if nothing does. */
export function diff(a: RuleSet, b: RuleSet, own: DiffWording = {}): RuleChange[] {
  const wording = { ...plain, ...own };
  const before = new Map(a.rules.map((rule) => [rule.id, rule]));
  const after = new Map(b.rules.map((rule) => [rule.id, rule]));
  const changes: RuleChange[] = [];
  for (const rule of a.rules) {
    if (after.has(rule.id)) continue;
    changes.push({ kind: 'removed', id: rule.id, words: describeRule(rule, { en: 'removed', zh: '已删除' }, wording) });
  }
  for (const rule of b.rules) {
    const old = before.get(rule.id);
    if (!old) {
      changes.push({ kind: 'added', id: rule.id, words: describeRule(rule, { en: 'added', zh: '已新增' }, wording) });
      continue;
    }
    const changed = fields.filter((field) => canonical(old[field] ?? null) !== canonical(rule[field] ?? null));
    if (changed.length === 0) continue;
    const words = {
      en: describeChange(old, rule, changed, 'en', wording),
      zh: describeChange(old, rule, changed, 'zh', wording),
    };
    changes.push({ kind: 'changed', id: rule.id, fields: changed, words });
  }
  for (const rule of movedRules(a, b)) {
    const words = {
      en: `${label(rule)} moved among the rules of priority ${rule.priority}`,
      zh: `${label(rule)} 在优先级 ${rule.priority} 的规则中调整了顺序`,
    };
    changes.push({ kind: 'moved', id: rule.id, words });
  }
  return [...changes, ...diffConditions(a, b, wording.glossary)];
}
