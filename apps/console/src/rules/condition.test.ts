import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addTo,
  changeAt,
  conditionAt,
  factsIn,
  hourWindow,
  kindOf,
  moveAt,
  operatorName,
  operatorParts,
  type Path,
  partsOf,
  readHourWindow,
  removeAt,
  toggleNot,
  turnGroup,
  unwrapAt,
  wrapAt,
} from './condition.ts';
import { isObject, type Json } from './document.ts';

const { condition: conditions } = fc.letrec<{ condition: Json }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    fc.record({
      fact: fc.constantFrom('amount', 'hour', 'ip'),
      operator: fc.constantFrom('equal', 'not:in', 'lessThan'),
      value: fc.oneof(fc.integer(), fc.string(), fc.constant({ fact: 'ip' })) as fc.Arbitrary<Json>,
    }) as fc.Arbitrary<Json>,
    fc.record({ condition: fc.string({ minLength: 1 }) }) as fc.Arbitrary<Json>,
    fc.record({ all: fc.array(tie('condition'), { maxLength: 4 }), name: fc.string() }) as fc.Arbitrary<Json>,
    fc.record({ any: fc.array(tie('condition'), { maxLength: 4 }) }) as fc.Arbitrary<Json>,
    fc.record({ not: tie('condition') }) as fc.Arbitrary<Json>,
  ),
}));

/** Every condition of a tree with its path. */
function* walk(condition: Json, path: Path = []): Generator<{ path: Path; condition: Json }> {
  yield { path, condition };
  const kind = kindOf(condition);
  if (kind === 'not' && isObject(condition)) yield* walk(condition.not ?? null, [...path, 'not']);
  if (kind === 'all' || kind === 'any')
    for (const [i, part] of partsOf(condition).entries()) yield* walk(part, [...path, kind, i]);
}
const pick = (root: Json, seed: number, of: (condition: Json) => boolean = () => true) => {
  const all = [...walk(root)].filter(({ condition }) => of(condition));
  return all.length === 0 ? undefined : all[seed % all.length];
};

describe('a tree of conditions', () => {
  it('changes at a path, there and nowhere else', () => {
    fc.assert(
      fc.property(conditions, fc.nat(), (root, seed) => {
        const at = pick(root, seed);
        if (!at) return;
        expect(conditionAt(root, at.path)).toBe(at.condition);
        expect(changeAt(root, at.path, (same) => same)).toEqual(root);
        const mark = { fact: 'mark', operator: 'equal', value: 1 };
        const changed = changeAt(root, at.path, () => mark);
        expect(conditionAt(changed, at.path)).toBe(mark);
        expect(changeAt(changed, at.path, () => at.condition)).toEqual(root);
      }),
    );
  });

  it('takes back what it does: deny twice, wrap and dissolve, turn and turn back, add and remove', () => {
    fc.assert(
      fc.property(conditions, fc.nat(), (root, seed) => {
        const any = pick(root, seed, (one) => kindOf(one) !== 'not');
        if (any) {
          expect(toggleNot(toggleNot(root, any.path), any.path)).toEqual(root);
          expect(unwrapAt(wrapAt(root, any.path, 'any'), any.path)).toEqual(root);
        }
        const group = pick(root, seed, (one) => kindOf(one) === 'all' || kindOf(one) === 'any');
        if (!group) return;
        const kind = kindOf(group.condition) as 'all' | 'any';
        const other = kind === 'all' ? 'any' : 'all';
        expect(turnGroup(turnGroup(root, group.path, other), group.path, kind)).toEqual(root);
        const added = addTo(root, group.path, { condition: 'x' });
        const last = [...group.path, kind, partsOf(group.condition).length];
        expect(conditionAt(added, last)).toEqual({ condition: 'x' });
        expect(removeAt(added, last)).toEqual(root);
      }),
    );
  });

  it('takes a denial away with what it denies', () => {
    const root = { all: [{ not: { condition: 'a' } }, { condition: 'b' }] };
    expect(removeAt(root, ['all', 0, 'not'])).toEqual({ all: [{ condition: 'b' }] });
    expect(removeAt(root, [])).toBe(root);
  });

  it('moves a part within its group and not beyond', () => {
    const root = { all: [{ condition: 'a' }, { condition: 'b' }] };
    const turned = { all: [{ condition: 'b' }, { condition: 'a' }] };
    expect(moveAt(root, ['all', 0], 1)).toEqual(turned);
    expect(moveAt(root, ['all', 1], -1)).toEqual(turned);
    expect(moveAt(root, ['all', 0], -1)).toEqual(root);
    expect(moveAt(root, ['all', 1], 1)).toEqual(root);
  });

  it('leaves alone what leads nowhere', () => {
    const root = { all: [{ condition: 'a' }] };
    for (const path of [['any'], ['all', 1], ['all', -1], ['__proto__'], ['all', 'length']] as Path[]) {
      expect(changeAt(root, path, () => 1)).toEqual(root);
      expect(conditionAt(root, path)).toBeUndefined();
    }
  });

  it('knows what is no condition', () => {
    for (const one of [null, 1, 'x', [], {}, { all: {} }, { all: [], any: [] }, { not: 1 }, { fact: 1 }, undefined])
      expect(kindOf(one as Json)).toBe('other');
  });

  it('lists the facts of both sides', () => {
    expect(
      factsIn({ any: [{ fact: 'a', operator: 'equal', value: { fact: 'b' } }, { not: { all: [{ fact: 'c' }] } }] }),
    ).toEqual(['a', 'b', 'c']);
  });

  it('parts operators from their decorators', () => {
    expect(operatorParts('not:everyFact:in')).toEqual({ decorators: ['not', 'everyFact'], name: 'in' });
    expect(operatorName(operatorParts('not:in'))).toBe('not:in');
    expect(operatorParts('in')).toEqual({ decorators: [], name: 'in' });
  });
});

describe('a part of the day', () => {
  const facts = new Set(['hour']);
  it('is read back as it was said, and holds exactly its hours', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 24 }), (from, to) => {
        fc.pre(from !== to);
        const said = hourWindow('hour', { from, to });
        expect(readHourWindow(said, facts)).toEqual({ from, to });
        for (let hour = 0; hour < 24; hour++) {
          const holds = [hour >= from, hour < to];
          const inside = from < to ? hour >= from && hour < to : hour >= from || hour < to;
          expect(kindOf(said) === 'all' ? holds.every(Boolean) : holds.some(Boolean)).toBe(inside);
        }
      }),
    );
  });
  it('is taken for nothing else', () => {
    const said = hourWindow('hour', { from: 22, to: 6 });
    for (const other of [
      { ...said, name: 'night' },
      { all: said.any ?? null },
      hourWindow('weekday', { from: 1, to: 5 }),
      hourWindow('hour', { from: 25, to: 26 }),
      { any: [...partsOf(said), { condition: 'x' }] },
      { any: [...partsOf(said)].reverse() },
    ])
      expect(readHourWindow(other as Json, facts)).toBeUndefined();
  });
});
