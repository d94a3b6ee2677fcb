import type { ReactNode, TdHTMLAttributes, ThHTMLAttributes } from 'react';

/** A dense table that scrolls sideways by itself, so that the page never does. */
export const Table = ({
  label,
  head,
  children,
  wide = false,
  cards = false,
}: {
  label: string;
  head: ReactNode;
  children: ReactNode;
  /** Has many columns: on a phone it scrolls rather than breaks every word. */
  wide?: boolean;
  /** On a phone each row is a card; its cells say what they are by their `label`. */
  cards?: boolean;
}) => (
  <section
    className="relative overflow-x-auto"
    aria-label={
      label
    } /* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */
    tabIndex={0}
  >
    <table className={`w-full border-collapse text-left ${cards ? 'cards' : wide ? 'max-md:min-w-[52rem]' : ''}`}>
      <thead className="bg-surface text-xs text-muted">
        <tr className="border-b">{head}</tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </section>
);

export const Th = ({ className = '', ...rest }: ThHTMLAttributes<HTMLTableCellElement>) => (
  <th scope="col" className={`h-8 px-2.5 font-medium whitespace-nowrap ${className}`} {...rest} />
);

/** @param label what the cell is, said beside it where rows are cards; without one it takes the whole line */
export const Td = ({ className = '', label, ...rest }: TdHTMLAttributes<HTMLTableCellElement> & { label?: string }) => (
  <td
    data-label={label}
    className={`h-(--row) px-2.5 py-1 align-middle [&>.control]:h-6 [&>.control]:px-2 ${className}`}
    {...rest}
  />
);

/** A titled part of a page. */
export const Section = ({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) => (
  <section className="mt-8 first:mt-0">
    <div className="mb-2 flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b pb-1.5">
      <h2 className="max-w-full flex-[1_0_auto] text-[15px] leading-6 font-semibold">{title}</h2>
      {actions}
    </div>
    {children}
  </section>
);

export const Page = ({
  title,
  lead,
  actions,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) => (
  <main id="main" className="mx-auto max-w-[1760px] px-4 py-5 md:px-6">
    <div className="mb-4 flex flex-wrap items-start gap-3">
      <div className="min-w-0 flex-1">
        <h1 className="text-xl leading-7 font-semibold">{title}</h1>
        {lead ? <p className="mt-0.5 text-muted">{lead}</p> : null}
      </div>
      {actions}
    </div>
    {children}
  </main>
);

/** Facts as label and value. */
export const Facts = ({ rows }: { rows: [string, ReactNode][] }) => (
  <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
    {rows.map(([label, value]) => (
      <div key={label} className="contents">
        <dt className="text-muted">{label}</dt>
        <dd className="min-w-0 break-words">{value}</dd>
      </div>
    ))}
  </dl>
);
