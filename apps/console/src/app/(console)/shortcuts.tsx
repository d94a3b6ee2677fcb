'use client';

import dynamic from 'next/dynamic';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { isTyping } from '@/lib/hotkeys';
import { nav } from '@/lib/nav';

// Seldom seen: fetched when asked for.
const ShortcutSheet = dynamic(() => import('./shortcut-sheet').then((module) => module.ShortcutSheet), { ssr: false });

const pages = nav.flatMap(({ pages }) => pages).filter(({ hotkey }) => hotkey !== undefined);

/** `g` then a letter goes to a page, `/` to the search box, `?` shows what there is. Never while somebody types. */
export function Shortcuts() {
  const router = useRouter();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    let leader = Number.NEGATIVE_INFINITY;
    const listen = (event: KeyboardEvent) => {
      if (isTyping(event)) return;
      if (event.key === '?') setOpen(true);
      else if (event.key === '/') {
        const box = document.querySelector<HTMLInputElement>('[data-search]');
        if (box) {
          event.preventDefault();
          box.focus();
        }
      } else if (event.key === 'g') leader = event.timeStamp;
      else if (event.timeStamp - leader < 1000) {
        const page = pages.find(({ hotkey }) => hotkey === event.key);
        if (page) router.push(page.path);
        leader = Number.NEGATIVE_INFINITY;
      }
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [router]);
  return open ? <ShortcutSheet onClose={() => setOpen(false)} /> : null;
}
