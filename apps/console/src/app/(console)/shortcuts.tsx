'use client';

import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { isTyping } from '@/lib/hotkeys';
import { nav } from '@/lib/nav';
import { Dialog } from '@/ui/dialog';

const pages = nav.flatMap(({ pages }) => pages).filter(({ hotkey }) => hotkey !== undefined);

/** `g` then a letter goes to a page, `/` to the search box, `?` shows what there is. Never while somebody types. */
export function Shortcuts() {
  const t = useTranslations('shell');
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
  const rows: [string, string][] = [
    ...pages.map(({ key, hotkey }): [string, string] => [`g ${hotkey}`, t(`pages.${key}`)]),
    ['/', t('keys.search')],
    ['j k', t('keys.rows')],
    ['e', t('keys.trouble')],
    ['c', t('keys.copy')],
    ['?', t('keys.help')],
  ];
  return (
    <Dialog open={open} onClose={() => setOpen(false)} title={t('keys.title')} closeLabel={t('close')}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2">
        {rows.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt className="flex gap-1">
              {keys.split(' ').map((key) => (
                <kbd key={key} className="rounded-sm border border-edge px-1.5 font-mono text-xs">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
