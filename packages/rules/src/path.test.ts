import { expect, it } from 'vitest';
import { parsePath, readPath } from './path.ts';

it.each([
  ['$', []],
  ['a', ['a']],
  ['$.a.b', ['a', 'b']],
  ['a.b', ['a', 'b']],
  ["$['x.y'].b", ['x.y', 'b']],
  ['[0]', [0]],
  ['$[1].b', [1, 'b']],
  ['$.list.0', ['list', 0]],
  ['$.list.00', ['list', '00']],
])('%s is read as %j', (path, keys) => {
  expect(parsePath(path)).toEqual({ ok: true, keys });
});

it.each([
  ...['', '.a', '$a', '$.', '$..a', '$.*', '$[*]', '$[-1]', '$[0:2]', '$[?(@.a)]', '$[(@.length-1)]', "$['a'", '$[a]'],
  ...['a^', 'a~', '`a', '$.__proto__', 'toString', '$.a.constructor', "$['a','b']", 'a b', 'a'.repeat(201)],
])('%s is refused', (path) => {
  expect(parsePath(path).ok).toBe(false);
});

it('reads own properties only, and leaves a value that is no object as it is', () => {
  expect(readPath({ a: { b: [1, 2] } }, ['a', 'b', 1])).toBe(2);
  expect(readPath(Object.create({ a: 1 }), ['a'])).toBeUndefined();
  expect(readPath(5, ['a'])).toBe(5);
  expect(readPath(null, ['a'])).toBeNull();
  expect(readPath({ a: 'abc' }, ['a', 'length'])).toBe(3);
  expect(readPath({ a: '' }, ['a', 'length'])).toBeUndefined();
});
