/** A small mistake in a file of this package. */
export interface Mutant {
  /** Path under `src/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What it amounts to. */
  readonly mistake: string;
}

const alternatives = 'candidates/alternatives.ts';
const tree = 'candidates/build-tree.ts';
const search = 'candidates/tree-evaluator.ts';

/**
 * Every mistake in the index that we could think of and that changes what rules fire. Not listed, because they change
 * nothing but speed: needing less than one could (a wider range, the longer of two lists of values, nothing where there is
 * something), another choice among accesses, a deeper or flatter tree, a leaf that holds a rule twice.
 */
export const mutants: readonly Mutant[] = [
  // What a condition needs.
  {
    file: alternatives,
    from: 'if (parts.length === 0) return always;',
    to: 'if (parts.length === 0) return [];',
    mistake: 'an empty any is never true',
  },
  {
    file: alternatives,
    from: "if ('not' in condition) return always;",
    to: "if ('not' in condition) return of(condition.not);",
    mistake: 'a negation needs what its condition needs',
  },
  {
    file: alternatives,
    from: 'const clauses = merge(parts.flat());',
    to: 'const clauses = merge(parts[0] ?? []);',
    mistake: 'an any is found by its first part only',
  },
  {
    file: alternatives,
    from: 'const clauses = merge(parts.flat());',
    to: 'const clauses = merge(parts.slice(-1).flat());',
    mistake: 'an any is found by its last part only',
  },
  {
    file: alternatives,
    from: 'high: Math.min(a.high, b.high)',
    to: 'high: Math.min(a.low, b.high)',
    mistake: 'two ranges become the wrong one',
  },
  {
    file: alternatives,
    from: 'low: Math.max(a.low, b.low)',
    to: 'low: Math.max(a.low, b.high)',
    mistake: 'two ranges become the wrong one, at the other end',
  },
  {
    file: alternatives,
    from: 'product = product.flatMap((clause) => part.map((other) => join(clause, other)));',
    to: 'product = part.map((other) => join(product[0] ?? [], other));',
    mistake: 'of an any inside an all only the first way is kept',
  },
  {
    file: alternatives,
    from: '      product = part;',
    to: '      product = [];',
    mistake: 'too many ways count as none',
  },
  {
    file: alternatives,
    from: 'return clauses.length > mostAlternatives ||',
    to: 'if (clauses.length > mostAlternatives) return clauses.slice(0, mostAlternatives);\n  return',
    mistake: 'too many ways are cut off',
  },
  {
    file: alternatives,
    from: 'for (const value of need.values) group.values.add(value);',
    to: 'if (group.values.size === 0) for (const value of need.values) group.values.add(value);',
    mistake: 'of merged parts only the first keeps its values',
  },
  {
    file: alternatives,
    from: 'others.push(clause);',
    to: 'if (clause.length < 2) others.push(clause);',
    mistake: 'parts of an any that need several things are lost',
  },
  {
    file: alternatives,
    from: 'const slot = table.slotOf(fact, path);',
    to: 'const slot = table.slotOf(fact, undefined);',
    mistake: 'the path of a fact is ignored',
  },
  {
    file: alternatives,
    from: 'a.slot === b.slot && a.need.kind === b.need.kind',
    to: 'a.need.kind === b.need.kind',
    mistake: 'needs of different facts are taken for one',
  },
  // What an operator needs.
  {
    file: 'operators/compare.ts',
    from: 'high: limit }',
    to: 'high: limit - 1 }',
    mistake: 'the limit itself is outside, below',
  },
  {
    file: 'operators/compare.ts',
    from: "kind: 'range', low: limit,",
    to: "kind: 'range', low: limit + 1,",
    mistake: 'the limit itself is outside, above',
  },
  {
    file: 'operators/in.ts',
    from: "{ kind: 'value', values: right }",
    to: "{ kind: 'value', values: right.slice(1) }",
    mistake: 'the first value of a list is forgotten',
  },
  {
    file: 'operators/contains.ts',
    from: "{ kind: 'item', values: [right] }",
    to: "{ kind: 'value', values: [right] }",
    mistake: 'a list is looked up as if it were a value',
  },
  {
    file: 'operators/contains.ts',
    from: 'left.indexOf(right) === -1,\n',
    to: "left.indexOf(right) === -1,\n  need: (right) => (isKey(right) ? { kind: 'item', values: [right] } : undefined),\n",
    mistake: 'doesNotContain is found like contains',
  },
  {
    file: 'operators/equal.ts',
    from: 'bind: (right) => (left) => left !== right,',
    to: "bind: (right) => (left) => left !== right,\n  need: (right) => (isKey(right) ? { kind: 'value', values: [right] } : undefined),",
    mistake: 'notEqual is found like equal',
  },
  {
    file: 'operators/decorators.ts',
    from: "need?.kind === 'value' ? { kind: 'item', values: need.values } : undefined",
    to: 'need',
    mistake: 'someFact is found like the plain operator',
  },
  {
    file: 'operators/decorators.ts',
    from: 'for (const item of right) {',
    to: 'for (const item of right.slice(0, 1)) {',
    mistake: 'someValue is found by its first value only',
  },
  {
    file: 'operators/decorators.ts',
    from: 'wrap: (next) => (left, right) => next(right, left),',
    to: 'wrap: (next) => (left, right) => next(right, left),\n  need: (next, right) => next(right),',
    mistake: 'swap is found like the plain operator',
  },
  {
    file: 'operators/decorators.ts',
    from: 'wrap: (next) => (left, right) => !next(left, right),',
    to: 'wrap: (next) => (left, right) => !next(left, right),\n  need: (next, right) => next(right),',
    mistake: 'not: is found like the plain operator',
  },
  {
    file: 'operators/decorators.ts',
    from: 'wrap: (next) => (left, right) => Array.isArray(left) && left.every((item) => next(item, right)),',
    to: `wrap: (next) => (left, right) => Array.isArray(left) && left.every((item) => next(item, right)),
  need: (next, right) => {
    const need = next(right);
    return need?.kind === 'value' ? { kind: 'item', values: need.values } : undefined;
  },`,
    mistake: 'everyFact is found like someFact, though an empty list satisfies it',
  },
  // The tree.
  {
    file: tree,
    from: 'found.length === 1 && only',
    to: 'only',
    mistake: 'of the rules behind one value only those of the first leaf are kept',
  },
  {
    file: tree,
    from: 'children.set(value, shared);',
    to: 'if (!single.has(only)) children.set(value, shared);',
    mistake: 'a rule is found by none of its values',
  },
  {
    file: tree,
    from: 'a.need.low - b.need.low ||',
    to: 'b.need.low - a.need.low ||',
    mistake: 'ranges lie in the wrong order',
  },
  {
    file: tree,
    from: 'ascending(unfindable.map(({ rule }) => rule))',
    to: 'new Int32Array()',
    mistake: 'rules that can not be found are lost',
  },
  {
    file: tree,
    from: '3 * slot + kinds',
    to: 'slot + kinds',
    mistake: 'items of one fact and values of the next are looked up in one place',
  },
  {
    file: tree,
    from: 'rules: ascending(entries.map(({ rule }) => rule)),',
    to: 'rules: ascending(entries.slice(0, 1).map(({ rule }) => rule)),',
    mistake: 'a leaf holds one rule',
  },
  // The search.
  {
    file: search,
    from: '(lows[i] ?? 0) <= value',
    to: '(lows[i] ?? 0) < value',
    mistake: 'a range is open below',
  },
  {
    file: search,
    from: 'value <= (highs[i] ?? 0)',
    to: 'value < (highs[i] ?? 0)',
    mistake: 'a range is open above',
  },
  {
    file: search,
    from: "value === undefined || value === null || typeof value === 'boolean'",
    to: "typeof value !== 'number'",
    mistake: 'what is no number is in no range',
  },
  {
    file: search,
    from: 'foundInRun[rule] === run || ',
    to: '',
    mistake: 'a rule that is met twice fires twice',
  },
  {
    file: search,
    from: 'run = (run + 1) | 0;',
    to: 'if (run === 0) run = 1;',
    mistake: 'what fired once never fires again',
  },
  {
    file: search,
    from: 'sortFirst(found, count);',
    to: '',
    mistake: 'rules fire in the order in which they are found',
  },
  {
    file: search,
    from: 'numbers.subarray(0, count).sort();',
    to: '',
    mistake: 'many rules fire in the order in which they are found',
  },
  {
    file: search,
    from: 'if (before <= moved) break;',
    to: 'if (before >= moved) break;',
    mistake: 'rules fire in no order',
  },
  {
    file: search,
    from: 'for (let i = 0; i < value.length; i++) {',
    to: 'for (let i = 1; i < value.length; i++) {',
    mistake: 'the first item of a list is not looked up',
  },
  {
    file: search,
    from: 'for (let i = 0; i < ranges.length; i++)',
    to: 'for (let i = 0; i < Math.min(1, ranges.length); i++)',
    mistake: 'only one table of ranges is searched',
  },
  {
    file: search,
    from: 'for (let i = 0; i < lookups.length; i++)',
    to: 'for (let i = 0; i < Math.min(1, lookups.length); i++)',
    mistake: 'only one place is looked up',
  },
  {
    file: search,
    from: 'first = Math.min(first, found[i] ?? first)',
    to: 'first = found[i] ?? first',
    mistake: 'the first rule is the last one found',
  },
  // The loader.
  {
    file: 'slots.ts',
    from: 'keys[at] === key ? places[at] : undefined',
    to: 'places[at]',
    mistake: 'facts are taken for those that came there last time',
  },
  {
    file: 'slots.ts',
    from: 'for (let i = 0; i <= size; i++) slots[i] = undefined;',
    to: '',
    mistake: 'a missing fact keeps the value of the payment before',
  },
  {
    file: 'slots.ts',
    from: 'slots.paths?.find((one) => one.path === path)',
    to: 'slots.paths?.[0]',
    mistake: 'all paths into a fact are one',
  },
  {
    file: 'slots.ts',
    from: 'searched.has(slot)',
    to: '!searched.has(slot)',
    mistake: 'the paths that are searched by are the ones not loaded',
  },
];
