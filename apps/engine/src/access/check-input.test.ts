import { describe, expect, it } from 'vitest';
import { checkInput } from './check-input.ts';

const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);

describe('an input of a procedure', () => {
  it('may be whatever is plain', () => {
    for (const good of [undefined, null, 1, 'a', '😀 字', [], {}, [[1], { a: [null] }], nested(64)])
      expect(() => checkInput(good)).not.toThrow();
  });

  it.each([
    ['NUL', { items: [{ name: 'a\0b' }] }, 'items.0.name'],
    ['half a character', { a: ['x', '\ud800'] }, 'a.1'],
    ['half a character in a key', { a: { 'x\udc00': 1 } }, 'a.x\ufffd'],
    ['a text alone', '\0', '(input)'],
    ['__proto__', JSON.parse('{"a":{"__proto__":{}}}'), 'a.__proto__'],
    ['__proto__ with nothing in it', JSON.parse('{"a":{"__proto__":1}}'), 'a.__proto__'],
    ['65 levels', nested(65), Array(12).fill('a').join('.')],
    ['100,000 levels', nested(100_000), Array(12).fill('a').join('.')],
  ])('is refused with %s, naming the place', (_, input, path) => {
    expect(() => checkInput(input)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    try {
      checkInput(input);
    } catch (error) {
      expect((error as { errors: { path: string }[] }).errors[0]?.path).toBe(path);
    }
  });

  it('of four megabytes is looked at at once', () => {
    const big = { list: Array.from({ length: 500_000 }, (_, i) => `v${i}`) };
    const took = [1, 2, 3].map(() => {
      const started = performance.now();
      checkInput(big);
      return performance.now() - started;
    });
    expect(Math.min(...took)).toBeLessThan(200);
  });
});
