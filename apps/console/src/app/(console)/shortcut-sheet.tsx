'use client';

import { useTranslations } from 'next-intl';
import { nav } from '@/lib/nav';
import { Dialog } from '@/ui/dialog';

const pages = nav.flatMap(({ pages }) => pages).filter(({ hotkey }) => hotkey !== undefined);

/** What the keyboard can do here. */
export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const t = useTranslations('shell');
  const rows: [string, string][] = [
    ...pages.map(({ key, hotkey }): [string, string] => [`g ${hotkey}`, t(`pages.${key}`)]),
    ['/', t('keys.search')],
    ['j k', t('keys.rows')],
    ['e', t('keys.trouble')],
    ['c', t('keys.copy')],
    ['?', t('keys.help')],
  ];
  return (
    <Dialog open onClose={onClose} title={t('keys.title')} closeLabel={t('close')}>
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
