'use client';

import { useEffect, useState } from 'react';

type Kept = { text: string; base: number; at: number };

const keyOf = (kind: string): string => `rules-unsaved:${kind}`;

function read(kind: string): Kept | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(kind)) ?? 'null') as Kept | null;
    return kept && typeof kept.text === 'string' && typeof kept.base === 'number' ? kept : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps unsaved text in this tab, whatever way somebody leaves the page, and asks before the tab itself goes.
 * `found` is what an earlier visit left behind.
 */
export function useUnsaved(kind: string, base: number, text: string, dirty: boolean) {
  const [found, setFound] = useState<Kept>();
  useEffect(() => setFound(read(kind)), [kind]);
  useEffect(() => {
    if (!dirty) return;
    const timer = setTimeout(
      () => sessionStorage.setItem(keyOf(kind), JSON.stringify({ text, base, at: Date.now() } satisfies Kept)),
      300,
    );
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => {
      clearTimeout(timer);
      removeEventListener('beforeunload', ask);
    };
  }, [kind, base, text, dirty]);
  const forget = () => {
    sessionStorage.removeItem(keyOf(kind));
    setFound(undefined);
  };
  return { found, forget };
}
