'use client';

import type { ChangeStatus } from '@tributary/contracts/change';
import { Check, CircleDot, CircleX } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { type StepMark, stepsOf } from '@/changes/status';

const looks: Readonly<Record<StepMark, string>> = {
  done: 'text-success',
  now: 'font-medium text-processing',
  ahead: 'text-subtle',
  ended: 'font-medium text-failed',
};

/** Where the change is on its way, in words and signs. */
export function Steps({
  status,
  visited,
  planned,
}: {
  status: ChangeStatus;
  visited: ReadonlySet<ChangeStatus>;
  planned: ReadonlySet<ChangeStatus>;
}) {
  const t = useTranslations('changes');
  return (
    <ol aria-label={t('way')} className="flex flex-wrap items-center gap-y-1">
      {stepsOf(status, visited, planned).map(({ status: one, mark }, index) => (
        <li
          key={one}
          aria-current={mark === 'now' || mark === 'ended' ? 'step' : undefined}
          className={`flex items-center gap-1.5 ${looks[mark]}`}
        >
          {index > 0 ? <span aria-hidden className="mx-2 h-px w-5 bg-hairline" /> : null}
          {mark === 'done' ? (
            <Check size={14} aria-hidden />
          ) : mark === 'now' ? (
            <CircleDot size={14} aria-hidden />
          ) : mark === 'ended' ? (
            <CircleX size={14} aria-hidden />
          ) : (
            <span aria-hidden className="size-3 rounded-full border border-edge" />
          )}
          {t(`states.${one}`)}
          <span className="sr-only">{t(`marks.${mark}`)}</span>
        </li>
      ))}
    </ol>
  );
}
