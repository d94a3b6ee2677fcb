'use client';

import { useSyncExternalStore } from 'react';

/** Whether the window is at least so wide (px). False while rendering on the server. */
export function useWide(px: number): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia(`(min-width: ${px}px)`);
      query.addEventListener('change', changed);
      return () => query.removeEventListener('change', changed);
    },
    () => matchMedia(`(min-width: ${px}px)`).matches,
    () => false,
  );
}
