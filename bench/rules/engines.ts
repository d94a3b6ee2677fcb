// The same rules for each engine, each used as its documentation advises for speed.
import { ZenEngine } from '@gorules/zen-engine';
import { LogicEngine } from 'json-logic-engine';
import { Engine, type RuleProperties } from 'json-rules-engine';
import { type CompiledRuleSet, compile } from '../../packages/rules/src/compile.ts';
import { parse } from '../../packages/rules/src/parse.ts';
import type { Condition, FactCondition, FiredRule } from '../../packages/rules/src/rule-set.ts';
import { type BenchRule, facts, type Payment } from './workload.ts';

export type OurSet = CompiledRuleSet<Payment>;

/** An engine with the rules loaded. */
export interface Contestant {
  readonly name: string;
  /** Ids of the rules that fire, in any order. */
  judge(payment: Payment): Promise<readonly string[]>;
  /** With fewer payments at a time the engine would not show what it can. */
  readonly smallestBatch: number;
  /** Judges payments one after the other, or as many at once as `concurrency` says; the answers are dropped. */
  run(payments: readonly Payment[]): Promise<void>;
  close?(): void;
}

export async function compileOurs(rules: readonly BenchRule[]): Promise<OurSet> {
  const parsed = parse({ rules }, { facts });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues[0]));
  return (await compile(parsed.value, { facts })) as unknown as OurSet;
}

export function createOurs(set: OurSet): Contestant {
  const out: FiredRule[] = [];
  return {
    name: 'tributary',
    smallestBatch: 1,
    judge: async (payment) => set.matches(payment).map(({ id }) => id),
    async run(payments) {
      for (const payment of payments) set.evaluate(payment, out);
    },
  };
}

/** One engine for all runs, one run after the other: its fastest use that keeps its answers right. */
export function createJsonRulesEngine(rules: readonly BenchRule[]): Contestant {
  const engine = new Engine([], { allowUndefinedFacts: true });
  for (const { id, priority, conditions, event } of structuredClone(rules))
    engine.addRule({ name: id, priority, conditions, event } as unknown as RuleProperties);
  return {
    name: 'json-rules-engine',
    smallestBatch: 1,
    judge: async (payment) => (await engine.run(payment)).results.map(({ name }) => name),
    async run(payments) {
      for (const payment of payments) await engine.run(payment);
    },
  };
}

const quoted = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(quoted).join(', ')}]`;
  return typeof value === 'string' ? `'${value}'` : String(value);
};

const zenSigns: Readonly<Record<string, string>> = {
  equal: '==',
  notEqual: '!=',
  in: 'in',
  notIn: 'not in',
  lessThan: '<',
  lessThanInclusive: '<=',
  greaterThan: '>',
  greaterThanInclusive: '>=',
};

function zenExpression(condition: Condition): string {
  if ('all' in condition) return `(${condition.all.map(zenExpression).join(' and ')})`;
  if ('any' in condition) return `(${condition.any.map(zenExpression).join(' or ')})`;
  if ('not' in condition) return `not(${zenExpression(condition.not)})`;
  if ('condition' in condition) throw new Error('the workload has no named conditions');
  const { fact, path, operator, value } = condition;
  return `${fact}${path?.slice(1) ?? ''} ${zenSigns[operator]} ${quoted(value)}`;
}

/** A row of the table: a cell for each fact that is simply compared, and one for all that is more than that. */
function zenRow({ id, conditions }: BenchRule): Record<string, string> {
  const parts = 'all' in conditions ? conditions.all : [conditions];
  const empty = Object.fromEntries(facts.map(({ name }) => [name, '']));
  const row: Record<string, string> = { ...empty, _id: id, id: quoted(id), rest: '' };
  const cells = new Map<string, FactCondition[]>();
  const rest: Condition[] = [];
  for (const part of parts) {
    if ('fact' in part && part.path === undefined) cells.set(part.fact, [...(cells.get(part.fact) ?? []), part]);
    else rest.push(part);
  }
  for (const [fact, comparisons] of cells) {
    const tests = comparisons.map(({ operator, value }) => `$ ${zenSigns[operator]} ${quoted(value)}`);
    row[fact] = tests.join(' and ');
  }
  if (rest.length > 0) row.rest = rest.map(zenExpression).join(' and ');
  return row;
}

/** A decision table that collects every row that matches. Evaluations run in native threads, so several at once. */
export function createZen(rules: readonly BenchRule[], concurrency: number): Contestant {
  const columns = facts.map(({ name }) => ({ id: name, name, field: name }));
  const position = { x: 0, y: 0 };
  const graph = {
    nodes: [
      { id: 'in', type: 'inputNode', name: 'in', position },
      {
        id: 'table',
        type: 'decisionTableNode',
        name: 'table',
        position,
        content: {
          hitPolicy: 'collect',
          inputs: [...columns, { id: 'rest', name: 'rest' }],
          outputs: [{ id: 'id', name: 'id', field: 'id' }],
          rules: rules.map(zenRow),
        },
      },
      { id: 'out', type: 'outputNode', name: 'out', position },
    ],
    edges: [
      { id: 'e1', type: 'edge', sourceId: 'in', targetId: 'table' },
      { id: 'e2', type: 'edge', sourceId: 'table', targetId: 'out' },
    ],
  };
  const engine = new ZenEngine();
  const decision = engine.createDecision(Buffer.from(JSON.stringify(graph)));
  return {
    name: `zen-engine (decision table, ${concurrency} at once)`,
    // Long enough that the threads are busy most of the time.
    smallestBatch: 8 * concurrency,
    judge: async (payment) => (await decision.evaluate(payment)).result.map(({ id }: { id: string }) => id),
    async run(payments) {
      let next = 0;
      const one = async (): Promise<void> => {
        while (next < payments.length) await decision.evaluate(payments[next++]);
      };
      await Promise.all(Array.from({ length: concurrency }, one));
    },
    close: () => engine.dispose(),
  };
}

const logicSigns: Readonly<Record<string, string>> = {
  equal: '===',
  notEqual: '!==',
  lessThan: '<',
  lessThanInclusive: '<=',
  greaterThan: '>',
  greaterThanInclusive: '>=',
  in: 'in',
};

function logicOf(condition: Condition): object {
  if ('all' in condition) return { and: condition.all.map(logicOf) };
  if ('any' in condition) return { or: condition.any.map(logicOf) };
  if ('not' in condition) return { '!': [logicOf(condition.not)] };
  if ('condition' in condition) throw new Error('the workload has no named conditions');
  const { fact, path, operator, value } = condition;
  const name = `${fact}${path === undefined ? '' : path.slice(1).replaceAll('[', '.').replaceAll(']', '')}`;
  return { [logicSigns[operator] as string]: [{ var: name }, value] };
}

/** One compiled function per rule. */
export function createJsonLogicEngine(rules: readonly BenchRule[]): Contestant {
  const engine = new LogicEngine();
  const compiled = rules.map(({ id, conditions }) => ({
    id,
    test: engine.build(logicOf(conditions)) as (payment: Payment) => unknown,
  }));
  return {
    name: 'json-logic-engine (compiled)',
    smallestBatch: 1,
    judge: async (payment) => compiled.filter(({ test }) => test(payment)).map(({ id }) => id),
    async run(payments) {
      for (const payment of payments) {
        const found: string[] = [];
        for (const { id, test } of compiled) if (test(payment)) found.push(id);
      }
    },
  };
}
