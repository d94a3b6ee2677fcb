/** A row of a side-by-side comparison: a line of each side, or of one, with its number from 1. */
export type DiffRow = {
  readonly kind: 'same' | 'removed' | 'added' | 'changed';
  readonly left?: { readonly no: number; readonly text: string };
  readonly right?: { readonly no: number; readonly text: string };
};

/** Beyond so many differing lines the shortest way is not looked for: what lies between is shown as replaced. */
const mostSteps = 1_500;

/** The lines that stay, as pairs of places: Myers' shortest edit path, between what both begin and end with. */
function keptLines(a: readonly string[], b: readonly string[]): [number, number][] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const head = Array.from({ length: start }, (_, i): [number, number] => [i, i]);
  const tail = Array.from({ length: end }, (_, i): [number, number] => [a.length - end + i, b.length - end + i]);
  const middle = shortest(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [...head, ...middle.map(([i, j]): [number, number] => [i + start, j + start]), ...tail];
}

function shortest(a: readonly string[], b: readonly string[]): [number, number][] {
  const n = a.length;
  const m = b.length;
  if (n === 0 || m === 0) return [];
  let best = new Map<number, number>([[1, 0]]);
  const history: Map<number, number>[] = [];
  for (let d = 0; d <= Math.min(n + m, mostSteps); d++) {
    history.push(best);
    const next = new Map(best);
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (best.get(k - 1) ?? -1) < (best.get(k + 1) ?? -1));
      let x = down ? (best.get(k + 1) ?? 0) : (best.get(k - 1) ?? 0) + 1;
      let y = x - k;
      while (x < n && y < m && a[x] === b[y]) {
        x++;
        y++;
      }
      next.set(k, x);
      if (x >= n && y >= m) return walkBack(history, n, m);
    }
    best = next;
  }
  return [];
}

function walkBack(history: readonly Map<number, number>[], n: number, m: number): [number, number][] {
  const kept: [number, number][] = [];
  let x = n;
  let y = m;
  for (let d = history.length - 1; d >= 0; d--) {
    const best = history[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (best.get(k - 1) ?? -1) < (best.get(k + 1) ?? -1));
    const before = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (best.get(before) ?? 0);
    const fromY = d === 0 ? 0 : fromX - before;
    const stepX = d === 0 ? 0 : down ? fromX : fromX + 1;
    const stepY = d === 0 ? 0 : down ? fromY + 1 : fromY;
    while (x > stepX && y > stepY) {
      x--;
      y--;
      kept.push([x, y]);
    }
    x = fromX;
    y = fromY;
  }
  return kept.reverse();
}

/** Two texts side by side. Lines between two kept ones are paired as changed, what is left over as removed or added. */
export function diffLines(left: string, right: string): DiffRow[] {
  const a = left === '' ? [] : left.split('\n');
  const b = right === '' ? [] : right.split('\n');
  const rows: DiffRow[] = [];
  let i = 0;
  let j = 0;
  const line = (lines: readonly string[], at: number) => ({ no: at + 1, text: lines[at] ?? '' });
  for (const [keptA, keptB] of [...keptLines(a, b), [a.length, b.length] as [number, number]]) {
    while (i < keptA && j < keptB) rows.push({ kind: 'changed', left: line(a, i++), right: line(b, j++) });
    while (i < keptA) rows.push({ kind: 'removed', left: line(a, i++) });
    while (j < keptB) rows.push({ kind: 'added', right: line(b, j++) });
    if (i < a.length && j < b.length) rows.push({ kind: 'same', left: line(a, i++), right: line(b, j++) });
  }
  return rows;
}

/** Rows with long unchanged stretches folded to how many they are. */
export function foldSame(rows: readonly DiffRow[], context = 3): (DiffRow | { readonly folded: number })[] {
  const near = new Set<number>();
  for (const [index, { kind }] of rows.entries())
    if (kind !== 'same') for (let at = index - context; at <= index + context; at++) near.add(at);
  const folded: (DiffRow | { folded: number })[] = [];
  for (const [index, row] of rows.entries()) {
    const last = folded.at(-1);
    if (near.has(index)) folded.push(row);
    else if (last && 'folded' in last) last.folded++;
    else folded.push({ folded: 1 });
  }
  return folded;
}
