import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines, foldSame } from './line-diff.ts';

const texts = fc
  .array(fc.constantFrom('a', 'b', 'c', '{', ''), { maxLength: 14 })
  .map((lines) => lines.join('\n'))
  .filter((text) => text !== '\n');

/** Length of the longest common subsequence, the plain way. */
function longest(a: string[], b: string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      (table[i] as number[])[j] =
        a[i - 1] === b[j - 1]
          ? (table[i - 1]?.[j - 1] ?? 0) + 1
          : Math.max(table[i - 1]?.[j] ?? 0, table[i]?.[j - 1] ?? 0);
  return table[a.length]?.[b.length] ?? 0;
}
const lines = (text: string) => (text === '' ? [] : text.split('\n'));

describe('a comparison of lines', () => {
  it('shows both texts whole, in order, and keeps as many lines as can be kept', () => {
    fc.assert(
      fc.property(texts, texts, (left, right) => {
        const rows = diffLines(left, right);
        expect(rows.flatMap((row) => (row.left ? [row.left.text] : []))).toEqual(lines(left));
        expect(rows.flatMap((row) => (row.right ? [row.right.text] : []))).toEqual(lines(right));
        const same = rows.filter(({ kind }) => kind === 'same');
        expect(same.every((row) => row.left?.text === row.right?.text)).toBe(true);
        expect(same.length).toBe(longest(lines(left), lines(right)));
      }),
      { numRuns: 500 },
    );
  });
  it('folds what is far from any change', () => {
    const left = Array.from({ length: 20 }, (_, i) => `line ${i}`).join('\n');
    const folded = foldSame(diffLines(left, left.replace('line 10', 'line X')));
    expect(folded[0]).toEqual({ folded: 7 });
    expect(folded.at(-1)).toEqual({ folded: 6 });
    expect(folded.filter((row) => 'kind' in row && row.kind === 'changed')).toHaveLength(1);
    expect(foldSame(diffLines(left, left))).toEqual([{ folded: 20 }]);
  });
  it('gives up on the shortest way between texts that have nothing in common, and still shows both', () => {
    const left = Array.from({ length: 3_000 }, (_, i) => `a${i}`).join('\n');
    const right = Array.from({ length: 2_500 }, (_, i) => `b${i}`).join('\n');
    const rows = diffLines(left, right);
    expect(rows.filter(({ kind }) => kind === 'changed')).toHaveLength(2_500);
    expect(rows.filter(({ kind }) => kind === 'removed')).toHaveLength(500);
  });
});
