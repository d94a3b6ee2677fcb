'use client';

import { useTranslations } from 'next-intl';
import { dateTime } from '@/lib/format';
import { Chip } from '@/ui/chip';
import type { Expiry } from './use-accounts';

/** When something ends, and how urgent that is. */
export function ExpiryChip({ expiry: { expiresAt, daysLeft, warning } }: { expiry: Expiry }) {
  const t = useTranslations('accounts');
  const day = dateTime(expiresAt).slice(0, 10);
  if (warning === null) return <span className="whitespace-nowrap text-muted">{day}</span>;
  return (
    <span className="whitespace-nowrap">
      {day}{' '}
      <Chip tone={warning <= 3 ? 'failed' : 'warn'}>
        {warning === 0 ? t('expired') : t('daysLeft', { days: Math.max(0, daysLeft) })}
      </Chip>
    </span>
  );
}
