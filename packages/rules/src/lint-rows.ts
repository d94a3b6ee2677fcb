import type { FactDefinition } from './define-fact.ts';
import { canonical } from './diff.ts';
import type { LintContext } from './lint-finding.ts';
import { apply, createRoom, type Room, toSimple } from './lint-range.ts';
import { type Condition, inOrder, type Rule, type RuleSet } from './rule-set.ts';
import type { Work } from './slices.ts';

/**
 * A rule as the row of a decision table: per fact the room it leaves, and as text whatever else must hold. Named
 * conditions are put in place.
 */
interface Row {
  readonly rule: Rule;
  readonly rooms: ReadonlyMap<string, Room>;
  readonly rest: ReadonlySet<string>;
}

/** Comparing every rule with every other takes time; past so many pairs nothing more is looked for. */
const mostPairs = 500_000;

function rowOf(rule: Rule, { conditions }: RuleSet, facts: ReadonlyMap<string, FactDefinition>): Row {
  const rooms = new Map<string, Room>();
  const rest = new Set<string>();
  const add = (condition: Condition): void => {
    if ('condition' in condition) {
      const named = Object.hasOwn(conditions, condition.condition) ? conditions[condition.condition] : undefined;
      if (named) add(named);
      else rest.add(canonical(condition));
      return;
    }
    if ('all' in condition) {
      condition.all.forEach(add);
      return;
    }
    const [only] = 'any' in condition && condition.any.length === 1 ? condition.any : [];
    if (only) {
      add(only);
      return;
    }
    const simple = 'fact' in condition ? toSimple(condition, facts) : undefined;
    if (!simple) {
      rest.add(canonical(condition));
      return;
    }
    const room = rooms.get(simple.fact) ?? createRoom(facts.get(simple.fact));
    rooms.set(simple.fact, room);
    apply(room, simple);
  };
  add(rule.conditions);
  return { rule, rooms, rest };
}

const isRanged = ({ low, high }: Room): boolean => Number.isFinite(low) || Number.isFinite(high);

/** The values of a room that names some, without those that it excludes itself. */
const valuesOf = ({ values, low, high, excluded }: Room): unknown[] | undefined =>
  values &&
  [...values].filter((value) => !excluded.has(value) && (typeof value !== 'number' || (value >= low && value <= high)));

/** Whether every value of one room lies in the other. */
function isWithin(inner: Room, outer: Room): boolean {
  const values = valuesOf(inner);
  if (values) {
    const outerValues = valuesOf(outer);
    return values.every((value) => {
      if (outerValues) return outerValues.includes(value);
      const inRange = !isRanged(outer) || (typeof value === 'number' && value >= outer.low && value <= outer.high);
      return inRange && !outer.excluded.has(value);
    });
  }
  if (outer.values || inner.low < outer.low || inner.high > outer.high) return false;
  return [...outer.excluded].every(
    (value) => inner.excluded.has(value) || (typeof value === 'number' && (value < inner.low || value > inner.high)),
  );
}

/** Whether the one rule fires whenever the other does. */
function covers(outer: Row, inner: Row): boolean {
  for (const text of outer.rest) if (!inner.rest.has(text)) return false;
  for (const [fact, room] of outer.rooms) {
    const other = inner.rooms.get(fact);
    if (!other || !isWithin(other, room)) return false;
  }
  return true;
}

const sameEvent = (a: Rule, b: Rule): boolean => canonical(a.event) === canonical(b.event);

function* lintMasked(rows: readonly Row[], pathOf: (rule: Rule) => string, { findings }: LintContext): Work<void> {
  let pairs = 0;
  for (const row of rows) {
    for (const before of rows) {
      if (before === row) break;
      if (++pairs > mostPairs) return;
      if (pairs % 100 === 0) yield;
      if (!covers(before, row)) continue;
      // Rules with the very same conditions are told of elsewhere.
      if (canonical(before.rule.conditions) === canonical(row.rule.conditions)) continue;
      const same = sameEvent(before.rule, row.rule);
      const message = same
        ? `fires only when ${before.rule.id} does, and with the same event: it adds nothing`
        : `fires only when ${before.rule.id} does, which comes before it: where only the first rule counts it never does`;
      findings.push({ code: 'masked_rule', path: pathOf(row.rule), message, severity: same ? 'warning' : 'info' });
      break;
    }
  }
}

interface Band {
  readonly row: Row;
  readonly room: Room;
}

/** Rows that differ in nothing but the range of one fact. */
function* bandsOf(rows: readonly Row[]): Work<Map<string, { readonly fact: string; readonly bands: Band[] }>> {
  const groups = new Map<string, { fact: string; bands: Band[] }>();
  for (const row of rows) {
    yield;
    for (const [fact, room] of row.rooms) {
      if (!isRanged(room) || room.values || room.excluded.size > 0) continue;
      const others = [...row.rooms].filter(([name]) => name !== fact).map(([name, other]) => [name, sayRoom(other)]);
      const key = canonical([fact, others.sort(), [...row.rest].sort()]);
      const group = groups.get(key) ?? { fact, bands: [] };
      groups.set(key, group);
      group.bands.push({ row, room });
    }
  }
  return groups;
}

const sayRoom = ({ low, high, values, excluded }: Room): string =>
  `${low} ${high} ${canonical(values ? [...values].sort() : null)} ${canonical([...excluded].sort())}`;

const isBounded = ({ room }: Band): boolean => Number.isFinite(room.low) && Number.isFinite(room.high);

function* lintBands(rows: readonly Row[], pathOf: (rule: Rule) => string, { findings }: LintContext): Work<void> {
  for (const { fact, bands } of (yield* bandsOf(rows)).values()) {
    yield;
    // Below a limit and above another one is no table with a hole, but what is not usual at either end.
    if (bands.length < 2 || !bands.some(isBounded)) continue;
    const sorted = bands.toSorted((a, b) => a.room.low - b.room.low || a.room.high - b.room.high);
    let [reach] = sorted;
    for (const band of sorted.slice(1)) {
      if (!reach) break;
      const [a, b] = [reach.row.rule, band.row.rule];
      const path = pathOf(b);
      if (band.room.low > reach.room.high + 1) {
        const hole = `${reach.room.high + 1} to ${band.room.low - 1}`;
        const message = `no rule for ${fact} from ${hole}, between ${a.id} and ${b.id}`;
        findings.push({ code: 'gap', path, message, severity: 'info' });
      } else if (band.room.low <= reach.room.high && band.room.high > reach.room.high && !sameEvent(a, b)) {
        const message = `${fact} from ${band.room.low} to ${reach.room.high} is in ${a.id} and in ${b.id}: both fire`;
        findings.push({ code: 'overlap', path, message, severity: 'info' });
      }
      if (band.room.high > reach.room.high) reach = band;
    }
  }
}

/** What is only seen when rules are laid side by side: one hides another, ranges overlap or leave a hole. */
export function* lintRows(ruleSet: RuleSet, pathOf: (rule: Rule) => string, context: LintContext): Work<void> {
  const rows: Row[] = [];
  for (const rule of inOrder(ruleSet)) {
    rows.push(rowOf(rule, ruleSet, context.facts));
    yield;
  }
  yield* lintMasked(rows, pathOf, context);
  yield* lintBands(rows, pathOf, context);
}
