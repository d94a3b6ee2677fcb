'use client';

import { useMemo, useState } from 'react';
import { diffLines, foldSame } from '@/lib/line-diff';

const looks = { same: '', removed: 'bg-failed-bg', added: 'bg-success-bg', changed: 'bg-warn-bg' } as const;
const marks = { same: ' ', removed: '−', added: '+', changed: '~' } as const;

/** Two values as JSON, beside each other, with what differs marked by sign and colour. */
export function SideBySide({
  left,
  right,
  names,
  label,
  folded,
}: {
  left: unknown;
  right: unknown;
  /** What each side is. */
  names: readonly [string, string];
  label: string;
  /** Says how many equal lines are not shown. */
  folded: (count: number) => string;
}) {
  const [whole, setWhole] = useState(false);
  const rows = useMemo(() => {
    const text = (value: unknown) => (value === null || value === undefined ? '' : JSON.stringify(value, null, 2));
    return diffLines(text(left), text(right));
  }, [left, right]);
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      className="max-h-[70vh] overflow-auto rounded-md border"
    >
      <table className="w-full min-w-[46rem] table-fixed border-collapse font-mono text-xs leading-5">
        <thead className="sticky top-0 bg-surface font-sans">
          <tr className="border-b text-left">
            <th scope="col" className="w-10">
              <span className="sr-only">#</span>
            </th>
            <th scope="col" className="px-2 py-1">
              {names[0]}
            </th>
            <th scope="col" className="w-10 border-l">
              <span className="sr-only">#</span>
            </th>
            <th scope="col" className="px-2 py-1">
              {names[1]}
            </th>
          </tr>
        </thead>
        <tbody>
          {(whole ? rows : foldSame(rows)).map((row, index) =>
            'folded' in row ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line has no name but its place
              <tr key={index}>
                <td colSpan={4} className="border-y bg-surface px-2 font-sans">
                  <button type="button" className="text-primary" onClick={() => setWhole(true)}>
                    {folded(row.folded)}
                  </button>
                </td>
              </tr>
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line has no name but its place
              <tr key={index} data-diff={row.kind === 'same' ? undefined : row.kind}>
                {[row.left, row.right].map((side, which) => (
                  <Side key={which === 0 ? 'left' : 'right'} side={side} kind={row.kind} second={which === 1} />
                ))}
              </tr>
            ),
          )}
        </tbody>
      </table>
    </section>
  );
}

function Side({
  side,
  kind,
  second,
}: {
  side: { no: number; text: string } | undefined;
  kind: keyof typeof looks;
  second: boolean;
}) {
  const look = side ? looks[kind] : 'bg-surface';
  return (
    <>
      <td className={`px-1.5 text-right align-top text-subtle select-none ${second ? 'border-l' : ''} ${look}`}>
        {side?.no}
      </td>
      <td className={`px-2 align-top break-words whitespace-pre-wrap ${look}`}>
        {side ? (
          <>
            <span aria-hidden className="select-none">
              {marks[kind]}
            </span>{' '}
            {side.text}
          </>
        ) : null}
      </td>
    </>
  );
}
