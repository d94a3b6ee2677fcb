import { type DiffWording, diff, type RuleChange } from './diff.ts';
import type { Condition, RuleSet } from './rule-set.ts';
import { runInSlices, type Work } from './slices.ts';

/** Rules compared at a time. */
const atOnce = 20;

const nothing: Condition = { all: [] };
/** What the order of rules is seen by, without what takes time to compare. */
const heads = ({ rules }: RuleSet): RuleSet => ({
  rules: rules.map((rule) => ({ ...rule, conditions: nothing, event: { type: '' } })),
  conditions: {},
});

function* differing(a: RuleSet, b: RuleSet, wording: DiffWording): Work<RuleChange[]> {
  const gone: RuleChange[] = [];
  const others: RuleChange[] = [];
  const before = new Map(a.rules.map((rule) => [rule.id, rule]));
  const after = new Set(b.rules.map(({ id }) => id));
  const removed = a.rules.filter(({ id }) => !after.has(id));
  for (let i = 0; i < removed.length; i += atOnce) {
    gone.push(...diff({ rules: removed.slice(i, i + atOnce), conditions: {} }, { rules: [], conditions: {} }, wording));
    yield;
  }
  for (let i = 0; i < b.rules.length; i += atOnce) {
    const some = b.rules.slice(i, i + atOnce);
    const old = some.map(({ id }) => before.get(id)).filter((rule) => rule !== undefined);
    const changes = diff({ rules: old, conditions: {} }, { rules: some, conditions: {} }, wording);
    others.push(...changes.filter(({ kind }) => kind !== 'moved'));
    yield;
  }
  const moved = diff(heads(a), heads(b)).filter(({ kind }) => kind === 'moved');
  yield;
  const named = diff({ rules: [], conditions: a.conditions }, { rules: [], conditions: b.conditions }, wording);
  return [...gone, ...others, ...moved, ...named];
}

/** As `diff`, in slices that leave the event loop free. */
export const diffInSlices = (
  a: RuleSet,
  b: RuleSet,
  wording: DiffWording = {},
  budgetMs = 0.25,
): Promise<RuleChange[]> => runInSlices(differing(a, b, wording), budgetMs);
