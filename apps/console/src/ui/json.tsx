'use client';

import type { ReactNode } from 'react';

/** A value as JSON that folds, with text that is JSON itself unfolded. The title of a value is its path. */
export function Json({ value, label, head }: { value: unknown; label: string; head?: ReactNode }) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      className="max-h-[46vh] overflow-auto rounded-md border bg-surface"
    >
      {head ? (
        <div className="sticky top-0 flex items-center justify-between gap-2 border-b bg-surface px-3 py-1 text-xs font-medium">
          {head}
        </div>
      ) : null}
      <div className="p-3 font-mono text-xs leading-5 [overflow-wrap:anywhere]">
        <Node value={unfold(value)} path="" last />
      </div>
    </section>
  );
}

const inks = { string: 'text-success', number: 'text-blocked', boolean: 'text-processing' } as Record<string, string>;

function Node({ name, value, path, last }: { name?: string; value: unknown; path: string; last: boolean }) {
  const key = name === undefined ? null : <span className="text-muted">{`${JSON.stringify(name)}: `}</span>;
  const comma = last ? '' : ',';
  if (typeof value !== 'object' || value === null) {
    return (
      <div title={path || '/'}>
        {key}
        <span className={inks[typeof value] ?? 'text-subtle'}>{JSON.stringify(value) ?? 'null'}</span>
        {comma}
      </div>
    );
  }
  const isList = Array.isArray(value);
  const [open, close] = isList ? (['[', ']'] as const) : (['{', '}'] as const);
  const items = Object.entries(value);
  if (items.length === 0) {
    return (
      <div title={path || '/'}>
        {key}
        {open + close + comma}
      </div>
    );
  }
  return (
    <details open>
      <summary className="cursor-default list-none marker:content-none">
        {key}
        {open}
      </summary>
      <div className="border-l border-hairline pl-4">
        {items.map(([part, item], index) => (
          <Node
            key={part}
            {...(isList ? {} : { name: part })}
            value={item}
            path={`${path}/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`}
            last={index === items.length - 1}
          />
        ))}
      </div>
      {close + comma}
    </details>
  );
}

/** Text that is JSON itself, e.g. a recorded body, as what it says. */
export function unfold(value: unknown): unknown {
  if (typeof value === 'string' && /^[{[]/.test(value)) {
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.map(unfold);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unfold(item)]));
}
