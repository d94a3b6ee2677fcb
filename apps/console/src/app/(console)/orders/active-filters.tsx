'use client';

import { X } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { dateTime, money } from '@/lib/format';
import { Button } from '@/ui/button';
import type { OrderFilters } from './order-filters';

type Without = Partial<OrderFilters>;

/** What the list is narrowed by, each to be taken off alone. */
export function ActiveFilters({
  filters,
  onChange,
  onClear,
}: {
  filters: OrderFilters;
  onChange: (next: Without) => void;
  onClear: () => void;
}) {
  const t = useTranslations('orders');
  const status = useTranslations('status');
  const codes = useTranslations('failures');
  const chips: [string, string, Without][] = [];
  for (const one of filters.status)
    chips.push([t('status'), status(one), { status: filters.status.filter((other) => other !== one) }]);
  for (const key of ['service', 'channel', 'merchant'] as const)
    if (filters[key]) chips.push([t(key), filters[key], { [key]: '' }]);
  if (filters.failure)
    chips.push([t('reason'), codes.has(filters.failure) ? codes(filters.failure) : filters.failure, { failure: '' }]);
  for (const key of ['min', 'max'] as const)
    if (filters[key] !== null) chips.push([t(key), money(filters[key], 'CNY'), { [key]: null }]);
  if (filters.t !== null) chips.push([t('window'), t(`windows.${filters.t}`), { t: null }]);
  for (const key of ['from', 'to'] as const)
    if (filters[key] !== null) chips.push([t(key), dateTime(filters[key]), { [key]: null }]);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      {chips.map(([name, value, without]) => (
        <button
          key={name + value}
          type="button"
          onClick={() => onChange(without)}
          className="inline-flex h-6 items-center gap-1 rounded-sm bg-processing-bg px-2 text-xs text-processing"
          aria-label={t('remove', { name, value })}
        >
          {name}: {value}
          <X size={12} aria-hidden />
        </button>
      ))}
      <Button look="quiet" onClick={onClear} className="h-7 px-2">
        {t('clear')}
      </Button>
    </div>
  );
}
