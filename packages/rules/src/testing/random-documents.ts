import * as fc from 'fast-check';
import type { FactDefinition } from '../define-fact.ts';

/** A document for both engines, and the facts to run it on. */
export interface RandomCase {
  readonly document: {
    readonly rules: readonly { readonly id: string; readonly [key: string]: unknown }[];
    readonly conditions: Readonly<Record<string, unknown>>;
  };
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface RandomSource {
  readonly name: string;
  readonly facts: readonly FactDefinition[];
  /** Whether the documents are meant to pass `parse`. */
  readonly valid: boolean;
  readonly cases: fc.Arbitrary<RandomCase>;
}

export interface Shape {
  readonly leaf: fc.Arbitrary<object>;
  /** Levels of groups. */
  readonly depth: number;
  /** Conditions in a group. */
  readonly arity: number;
  readonly rules: number;
  /** Roots of some of the rules, besides groups of these depths and arities. */
  readonly special?: fc.Arbitrary<object>;
}

/** A group of up to `depth` levels over the leaves, sometimes a reference to one of the first `named` conditions. */
function groups(shape: Pick<Shape, 'leaf' | 'depth' | 'arity'>, named: number): fc.Arbitrary<object> {
  const { leaf, depth, arity } = shape;
  const reference = fc.nat({ max: Math.max(0, named - 1) }).map((i) => ({ condition: `c${i}` }));
  const part =
    depth <= 1 ? leaf : fc.oneof({ weight: 3, arbitrary: leaf }, groups({ leaf, depth: depth - 1, arity }, named));
  const child = named === 0 ? part : fc.oneof({ weight: 6, arbitrary: part }, reference);
  const list = fc.array(child, { minLength: 1, maxLength: arity });
  return fc.oneof(
    { weight: 4, arbitrary: list.map((all) => ({ all })) },
    { weight: 4, arbitrary: list.map((any) => ({ any })) },
    { weight: 2, arbitrary: child.map((not) => ({ not })) },
  );
}

export function documents(shape: Shape): fc.Arbitrary<RandomCase['document']> {
  const conditions = fc
    .tuple(groups(shape, 0), groups(shape, 1), groups(shape, 2))
    .map(([c0, c1, c2]) => ({ c0, c1, c2 }));
  const usual = groups(shape, 3);
  const root = shape.special ? fc.oneof({ weight: 9, arbitrary: usual }, shape.special) : usual;
  const rule = fc.record({ priority: fc.integer({ min: 1, max: 3 }), conditions: root });
  const rules = fc
    .array(rule, { minLength: shape.rules, maxLength: shape.rules })
    .map((list) => list.map((one, i) => ({ id: `r${i}`, ...one, event: { type: 'fire' } })));
  return fc.record({ rules, conditions });
}
