'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Select } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { SideBySide } from '@/ui/side-by-side';
import { Section } from '@/ui/table';
import type { Kind } from './rules';

const forever = { staleTime: Number.POSITIVE_INFINITY };

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
  const one = useQuery(trpc.rules[kind].version.queryOptions({ version: left }, forever));
  const two = useQuery(trpc.rules[kind].version.queryOptions({ version: right }, forever));
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
      <Loaded query={one}>
        {(before) => (
          <Loaded query={two}>
            {(after) => (
              <SideBySide
                left={before.document}
                right={after.document}
                names={[`v${left}`, `v${right}`]}
                label={t('compareTitle')}
                folded={(count) => t('sameLines', { count })}
              />
            )}
          </Loaded>
        )}
      </Loaded>
    </Section>
  );
}
