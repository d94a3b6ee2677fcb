import { kindOf, partsOf } from './condition.ts';
import {
  changeRule,
  eventOf,
  freeId,
  idOf,
  insertAfter,
  isObject,
  type Json,
  type JsonObject,
  nameOf,
  orderOf,
  paramsOf,
  type RuleDocument,
  withKey,
} from './document.ts';
import { takesList, type Vocabulary } from './facts.ts';
import { parseValue, valueText } from './value-text.ts';

/** A column of the decision table: the comparison that its cells give values to. */
export type Column = { readonly fact: string; readonly operator: string };

const keyOf = ({ fact, operator }: Column): string => `${fact} ${operator}`;

/** Whether a part is a bare comparison with a constant, so that a cell of a table can hold it whole. */
function isPlain(part: Json): part is JsonObject & { fact: string; operator: string; value: Json } {
  return (
    isObject(part) &&
    kindOf(part) === 'fact' &&
    typeof part.operator === 'string' &&
    Object.keys(part).every((key) => key === 'fact' || key === 'operator' || key === 'value') &&
    part.value !== undefined &&
    part.value !== null &&
    !isObject(part.value)
  );
}

/** The comparisons right below a rule's `all`, where a fact and operator that occur twice count as no column. */
function plainParts(rule: JsonObject): ReadonlyMap<string, { column: Column; index: number; value: Json }> {
  const found = new Map<string, { column: Column; index: number; value: Json }>();
  if (kindOf(rule.conditions) !== 'all') return found;
  const twice = new Set<string>();
  for (const [index, part] of partsOf(rule.conditions).entries()) {
    if (!isPlain(part)) continue;
    const column = { fact: part.fact, operator: part.operator };
    if (found.has(keyOf(column))) twice.add(keyOf(column));
    found.set(keyOf(column), { column, index, value: part.value });
  }
  for (const key of twice) found.delete(key);
  return found;
}

/**
 * The columns worth having: comparisons that rules share, the most used first, in the order in which they appear. Where
 * few are shared, some that only one rule has fill the table up.
 */
export function columnsOf({ rules }: RuleDocument, most = 6, atLeast = 3): Column[] {
  const uses = new Map<string, { column: Column; count: number; seen: number }>();
  for (const rule of rules) {
    for (const [key, { column }] of plainParts(rule)) {
      const use = uses.get(key);
      if (use) use.count++;
      else uses.set(key, { column, count: 1, seen: uses.size });
    }
  }
  const byUse = [...uses.values()].sort((a, b) => b.count - a.count || a.seen - b.seen);
  return byUse
    .filter(({ count }, place) => count > 1 || place < atLeast)
    .slice(0, most)
    .sort((a, b) => a.seen - b.seen)
    .map(({ column }) => column);
}

export const cellOf = (rule: JsonObject, column: Column): Json | undefined =>
  plainParts(rule).get(keyOf(column))?.value;

/** What a rule says besides its cells: shown in words, edited in the form. */
export function restOf(rule: JsonObject, columns: readonly Column[]): readonly Json[] {
  if (kindOf(rule.conditions) !== 'all') return rule.conditions === undefined ? [] : [rule.conditions];
  const plain = plainParts(rule);
  const inCells = new Set(columns.flatMap((column) => plain.get(keyOf(column))?.index ?? []));
  return partsOf(rule.conditions).filter((_, index) => !inCells.has(index));
}

/** A rule with one cell changed; nothing takes the comparison away. What is no `all` goes into one first. */
export function setCell(rule: JsonObject, column: Column, value: Json | undefined): JsonObject {
  const place = plainParts(rule).get(keyOf(column))?.index;
  if (value === undefined) {
    if (place === undefined || !isObject(rule.conditions)) return rule;
    return {
      ...rule,
      conditions: { ...rule.conditions, all: partsOf(rule.conditions).filter((_, index) => index !== place) },
    };
  }
  const part = { fact: column.fact, operator: column.operator, value };
  if (kindOf(rule.conditions) !== 'all' || !isObject(rule.conditions))
    return { ...rule, conditions: { all: rule.conditions === undefined ? [part] : [rule.conditions, part] } };
  const parts = partsOf(rule.conditions);
  return {
    ...rule,
    conditions: {
      ...rule.conditions,
      all: place === undefined ? [...parts, part] : parts.map((one, index) => (index === place ? part : one)),
    },
  };
}

/** A rule's event with one of its params changed. */
export function setParam(rule: JsonObject, key: string, value: Json | undefined): JsonObject {
  return { ...rule, event: { ...eventOf(rule), params: withKey(paramsOf(rule), key, value) } };
}

/** What can be pasted into, left to right. */
export type Field =
  | { readonly kind: 'name' }
  | { readonly kind: 'cell'; readonly column: Column }
  | { readonly kind: 'param'; readonly key: string; readonly type: string };

export type PasteProblem = { readonly row: number; readonly column: number; readonly text: string };

/** The text that a field of a rule shows, and that copying it gives. */
export function fieldText(rule: JsonObject, field: Field, { facts }: Vocabulary): string | undefined {
  if (field.kind === 'name') return nameOf(rule);
  if (field.kind === 'cell') {
    const value = cellOf(rule, field.column);
    return value === undefined ? '' : valueText(value, facts.get(field.column.fact));
  }
  const value = paramsOf(rule)[field.key];
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** A rule with the text of a field put in; undefined when the text is no value of it. Empty text takes it away. */
export function putText(
  rule: JsonObject,
  field: Field,
  text: string,
  { facts, choices }: Vocabulary,
): JsonObject | undefined {
  const trimmed = text.trim();
  if (field.kind === 'name') return withKey(rule, 'name', trimmed || undefined);
  if (trimmed === '')
    return field.kind === 'cell' ? setCell(rule, field.column, undefined) : setParam(rule, field.key, undefined);
  if (field.kind === 'param') {
    if (field.type === 'integer')
      return /^\d{1,15}$/.test(trimmed) ? setParam(rule, field.key, Number(trimmed)) : undefined;
    if (field.type === 'boolean')
      return /^(true|false)$/.test(trimmed) ? setParam(rule, field.key, trimmed === 'true') : undefined;
    return setParam(rule, field.key, trimmed);
  }
  const { fact, operator } = field.column;
  const named = choices.get(fact)?.find(({ label }) => label === trimmed);
  if (named && !takesList(operator)) return setCell(rule, field.column, named.value);
  const parsed = parseValue(trimmed, facts.get(fact), operator);
  return parsed.ok ? setCell(rule, field.column, parsed.value) : undefined;
}

/** What a spreadsheet puts on the clipboard: tabs and lines, with quotes around cells that hold either. */
export function readTable(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endRow = () => {
    rows.push([...row, cell]);
    row = [];
    cell = '';
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (char === '"' && cell === '') quoted = true;
    else if (char === '\t') {
      row.push(cell);
      cell = '';
    } else if (char === '\n') endRow();
    else if (char !== '\r') cell += char;
  }
  if (cell !== '' || row.length > 0) endRow();
  return rows;
}

/**
 * Puts a pasted table in, from a place (of the order of evaluation) downwards and from a field to the right. Rows beyond
 * the last rule become new rules of the last one's shape. Texts that are no values are left out, and told.
 */
export function paste(
  document: RuleDocument,
  from: { readonly place: number; readonly field: number },
  fields: readonly Field[],
  table: readonly (readonly string[])[],
  vocabulary: Vocabulary,
): { document: RuleDocument; problems: PasteProblem[] } {
  const problems: PasteProblem[] = [];
  let next = document;
  for (const [row, texts] of table.entries()) {
    let index = orderOf(next)[from.place + row];
    if (index === undefined) {
      const last = orderOf(next).at(-1);
      const model = last === undefined ? undefined : next.rules[last];
      if (last === undefined || !model) break;
      next = insertAfter(next, last, { ...model, id: freeId(next, idOf(model) || 'rule') });
      index = orderOf(next)[from.place + row];
    }
    if (index === undefined) break;
    for (const [column, text] of texts.entries()) {
      const field = fields[from.field + column];
      if (!field) continue;
      const changed = putText(next.rules[index] ?? {}, field, text, vocabulary);
      if (changed) next = changeRule(next, index, () => changed);
      else problems.push({ row, column, text });
    }
  }
  return { document: next, problems };
}
