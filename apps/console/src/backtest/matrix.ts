import type { AmountByCurrency, MatrixCell } from '@tributary/contracts/backtest';

export type Matrix = {
  readonly live: readonly string[];
  readonly draft: readonly string[];
  cell(live: string, draft: string): MatrixCell | undefined;
};

const usual = ['approve', 'review', 'hold', 'reject', 'none'];
const rank = (name: string): number => {
  const at = usual.indexOf(name.split(':')[0] ?? '');
  return at < 0 ? (name === 'none' ? usual.length + 1 : usual.length) : at;
};

/** The cells of a backtest as a table: what it was against what it would be, both in the same order. */
export function matrixOf(cells: readonly MatrixCell[]): Matrix {
  const names = [...new Set(cells.flatMap(({ live, draft }) => [live, draft]))].sort(
    (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
  );
  const byPair = new Map(cells.map((cell) => [JSON.stringify([cell.live, cell.draft]), cell]));
  return {
    live: names.filter((name) => cells.some(({ live }) => live === name)),
    draft: names.filter((name) => cells.some(({ draft }) => draft === name)),
    cell: (live, draft) => byPair.get(JSON.stringify([live, draft])),
  };
}

/** The part of amounts that went another way. */
export function movedAmount(cells: readonly MatrixCell[]): AmountByCurrency {
  const sums = new Map<string, bigint>();
  for (const { live, draft, amount } of cells) {
    if (live === draft) continue;
    for (const [currency, minor] of Object.entries(amount))
      sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(minor));
  }
  return Object.fromEntries([...sums].map(([currency, minor]) => [currency, minor.toString()]));
}
