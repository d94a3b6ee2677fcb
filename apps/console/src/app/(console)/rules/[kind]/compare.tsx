'use client';

import { useQuery } from '@tanstack/react-query';
import { useLocale, useTranslations } from 'next-intl';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Select } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { SideBySide } from '@/ui/side-by-side';
import { Section } from '@/ui/table';
import type { Kind } from './rules';

/** Any two versions beside each other. */
export function Compare({
  kind,
  left,
  right,
  versions,
  onLeft,
  onRight,
  onClose,
}: {
  kind: Kind;
  left: number;
  right: number;
  versions: readonly { version: number }[];
  onLeft: (version: number) => void;
  onRight: (version: number) => void;
  onClose: () => void;
}) {
  const t = useTranslations('rules');
  const trpc = useTrpc();
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  const query = useQuery(
    trpc.history.compare.queryOptions(
      { kind, objectId: 'main', from: left, to: right },
      { staleTime: Number.POSITIVE_INFINITY },
    ),
  );
  const choose = (value: number, onChoose: (version: number) => void, label: string) => (
    <Select
      aria-label={label}
      className="w-auto!"
      value={value}
      onChange={(event) => onChoose(Number(event.target.value))}
    >
      {versions.map(({ version }) => (
        <option key={version} value={version}>
          v{version}
        </option>
      ))}
    </Select>
  );
  return (
    <Section
      title={t('compareTitle')}
      actions={
        <>
          {choose(left, onLeft, t('older'))}
          <span aria-hidden>→</span>
          {choose(right, onRight, t('newer'))}
          <Button look="quiet" onClick={onClose}>
            {t('endCompare')}
          </Button>
        </>
      }
    >
      <Loaded query={query}>
        {({ from, to, words }) => (
          <>
            <ul className="mb-3 list-disc rounded-md bg-surface py-2 pr-3 pl-7">
              {words.length === 0 ? <li>{t('noDifference')}</li> : null}
              {words.map((one) => (
                <li key={one.en}>{one[locale]}</li>
              ))}
            </ul>
            <SideBySide
              left={from}
              right={to}
              names={[`v${left}`, `v${right}`]}
              label={t('compareTitle')}
              folded={(count) => t('sameLines', { count })}
            />
          </>
        )}
      </Loaded>
    </Section>
  );
}
