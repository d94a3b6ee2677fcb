import * as z from 'zod';
import type { FactDefinition } from './define-fact.ts';
import { ruleLimits } from './limits.ts';
import { decorators, operators } from './operators/find-operator.ts';
import { constantOperand, type Operand } from './operators/operator.ts';
import type { EventTypes } from './parse.ts';

export interface DocumentSchemaOptions {
  readonly facts: readonly FactDefinition[];
  readonly eventTypes?: EventTypes;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;
const decoratedPattern = new RegExp(
  `^((${decorators.map((decorator) => decorator.name).join('|')}):){1,${ruleLimits.decorators}}` +
    `(${operators.map((operator) => operator.name).join('|')})$`,
);

function factOperand(fact: FactDefinition): Operand {
  const items = fact.type === 'list' ? (fact.items ?? 'unknown') : 'unknown';
  return { kind: fact.type, optional: fact.optional === true, items };
}

const samples: Readonly<Record<string, unknown>> = { integer: 1, string: 'a', boolean: true };

/** Schema of the constants that an operator takes on the right of a fact; undefined if there are none. */
function constantSchema(fact: FactDefinition, operator: (typeof operators)[number]): z.ZodType | undefined {
  const kinds = { integer: z.int(), string: z.string(), boolean: z.boolean() };
  const left = factOperand(fact);
  const fits = (value: unknown): boolean => operator.check(left, constantOperand(value)) === undefined;
  const accepted: z.ZodType[] = [];
  for (const [kind, schema] of Object.entries(kinds)) {
    if (fits(samples[kind])) accepted.push(schema);
    if (fits([samples[kind]])) accepted.push(z.array(schema).max(ruleLimits.listValues));
  }
  return accepted.length > 1 ? z.union(accepted) : accepted[0];
}

const labels = {
  name: z.string().min(1).max(200).optional(),
  priority: z.int().min(1).max(ruleLimits.priority).optional(),
};

function comparisons(facts: readonly FactDefinition[]): z.ZodType[] {
  const names = z.enum(facts.map((fact) => fact.name));
  const extras = { path: z.string().max(ruleLimits.pathLength).optional(), params: z.looseObject({}).optional() };
  const reference = z.strictObject({ fact: names, ...extras });
  const anyConstant = z.union([z.null(), z.boolean(), z.int(), z.string(), z.array(z.unknown())]);

  const plain = facts.flatMap((fact) => {
    const text = [fact.description, fact.unit === undefined ? '' : `Unit: ${fact.unit}.`].join(' ').trim();
    const name = z.literal(fact.name).meta({ description: text, examples: [fact.example] });
    return operators.flatMap((operator) => {
      const constant = constantSchema(fact, operator);
      if (!constant) return [];
      const value = z.union([constant, reference]);
      return [
        z.strictObject({ fact: name, operator: z.literal(operator.name), value, params: extras.params, ...labels }),
      ];
    });
  });
  // What the value must be after a path or a decorator is left to parse.
  const value = z.union([anyConstant, reference]);
  const decorated = z.strictObject({
    fact: names,
    operator: z.string().regex(decoratedPattern),
    value,
    ...extras,
    ...labels,
  });
  const plainName = z.enum(operators.map((operator) => operator.name));
  const path = z.string().min(1).max(ruleLimits.pathLength);
  const withPath = z.strictObject({ fact: names, operator: plainName, value, ...extras, path, ...labels });
  return [...plain, decorated, withPath];
}

function conditions(facts: readonly FactDefinition[]) {
  const part: z.ZodType = z.lazy(() => condition);
  const list = z.array(part).min(1).max(ruleLimits.groupSize);
  const all = z.strictObject({ all: list, ...labels });
  const any = z.strictObject({ any: list, ...labels });
  const not = z.strictObject({ not: part, ...labels });
  const named = z.strictObject({ condition: z.string().regex(namePattern), ...labels });
  const condition: z.ZodType = z.union([all, any, not, named, ...comparisons(facts)]).meta({ id: 'condition' });
  return z.union([all, any, not, named]).meta({ id: 'rootCondition' });
}

function events(eventTypes: EventTypes | undefined): z.ZodType {
  if (!eventTypes) return z.strictObject({ type: z.string().min(1).max(64), params: z.looseObject({}).optional() });
  const schemas = Object.entries(eventTypes).map(([type, params]) => {
    const needed = !params.safeParse({}).success;
    return z.strictObject({ type: z.literal(type), params: needed ? params : params.optional() });
  });
  return schemas.length === 1 && schemas[0] ? schemas[0] : z.union(schemas);
}

/** The structure of a rule document as a zod schema. Weaker than `parse`, which also checks meaning and size. */
export function createDocumentSchema({ facts, eventTypes }: DocumentSchemaOptions) {
  const root = conditions(facts);
  const rule = z.strictObject({
    id: z.string().regex(namePattern),
    name: z.string().min(1).max(200).optional(),
    priority: z.int().min(1).max(ruleLimits.priority).optional(),
    enabled: z.boolean().optional(),
    conditions: root,
    event: events(eventTypes),
  });
  return z.strictObject({
    rules: z.array(rule).max(ruleLimits.rules),
    conditions: z.record(z.string().regex(namePattern), root).optional(),
  });
}

/** JSON Schema (2020-12) of a rule document over these facts, for editors. */
export function createJsonSchema(options: DocumentSchemaOptions): Record<string, unknown> {
  return z.toJSONSchema(createDocumentSchema(options), { io: 'input', unrepresentable: 'any' });
}
