'use client';

import { useLocale, useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { isTyping } from '@/lib/hotkeys';
import { Button } from '@/ui/button';
import { SideBySide } from '@/ui/side-by-side';
import { Section } from '@/ui/table';
import type { Change } from './change-detail';

type Item = Change['items'][number];

/** What each document says differently, in words; the JSON beside each other on demand; what would be lost. `d`: next. */
export function Diff({ change }: { change: Change }) {
  const t = useTranslations('changes');
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== 'd' || isTyping(event)) return;
      const all = [...document.querySelectorAll<HTMLElement>('[data-difference]')];
      const at = all.indexOf(document.activeElement as HTMLElement);
      const next = all[(at + 1) % all.length];
      next?.focus();
      next?.scrollIntoView({ block: 'center' });
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
  return (
    <>
      {change.items.map((item) => (
        <OneItem key={`${item.kind}/${item.objectId}`} item={item} />
      ))}
      <p className="mt-3 text-xs text-subtle">{t('nextKey')}</p>
    </>
  );
}

function OneItem({ item }: { item: Item }) {
  const t = useTranslations('changes');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  const [json, setJson] = useState(false);
  return (
    <Section
      title={`${t(`kinds.${item.kind}`)}${item.objectId === 'main' ? '' : ` ${item.objectId}`}`}
      actions={
        <>
          <span className="text-xs text-muted">
            {item.baseVersion === 0 ? t('addsIt') : t('basedOn', { version: item.baseVersion })}
            {item.publishedVersion ? ` → v${item.publishedVersion}` : ''}
          </span>
          <Button look="quiet" aria-expanded={json} onClick={() => setJson(!json)}>
            {t(json ? 'hideJson' : 'showJson')}
          </Button>
        </>
      }
    >
      {item.overtaken ? (
        <div className="mb-3 rounded-md border border-failed p-3">
          <p className="font-medium text-failed">
            {t('wouldLose', { version: item.overtaken.liveVersion, base: item.baseVersion })}
          </p>
          <ul className="mt-1 list-disc pl-5">
            {item.overtaken.lost.map((words) => (
              <li key={words.en}>{words[locale]}</li>
            ))}
          </ul>
        </div>
      ) : null}
      {item.document === null ? (
        <p className="font-medium text-failed">{t('removesWhole')}</p>
      ) : item.words.length === 0 ? (
        <p className="text-muted">{t('sameAsBase')}</p>
      ) : (
        <ul className="grid gap-1">
          {item.words.map((words) => (
            <li
              key={words.en}
              data-difference
              tabIndex={-1}
              className="rounded-sm border-l-2 border-primary bg-surface px-3 py-1.5 break-words"
            >
              {words[locale]}
            </li>
          ))}
        </ul>
      )}
      {json ? (
        <div className="mt-3">
          <SideBySide
            left={item.baseDocument}
            right={item.document}
            names={[item.baseVersion === 0 ? t('nothingBefore') : `v${item.baseVersion}`, t('thisChange')]}
            label={t('showJson')}
            folded={(count) => t('sameLines', { count })}
          />
        </div>
      ) : null}
    </Section>
  );
}
