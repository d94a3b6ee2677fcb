import { describe, expect, it } from 'vitest';
import { matrixOf, movedAmount } from './matrix.ts';

const cell = (live: string, draft: string, payments: number, fen: string) => ({
  live,
  draft,
  payments,
  amount: { CNY: fen },
  rowsKept: 0,
});

describe('the matrix of a backtest', () => {
  const cells = [
    cell('reject', 'approve', 2, '900719925474099300'),
    cell('approve', 'approve', 10, '1'),
    cell('approve', 'reject', 3, '7'),
  ];
  it('puts both sides in the same order and finds each cell', () => {
    const matrix = matrixOf(cells);
    expect(matrix.live).toEqual(['approve', 'reject']);
    expect(matrix.draft).toEqual(['approve', 'reject']);
    expect(matrix.cell('approve', 'reject')?.payments).toBe(3);
    expect(matrix.cell('reject', 'reject')).toBeUndefined();
  });
  it('sums what moves, to the last unit', () => {
    expect(movedAmount(cells)).toEqual({ CNY: '900719925474099307' });
  });
});
