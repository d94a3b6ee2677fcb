'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { parseYuan, yuan } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import type { Limit } from './limits';

const scopes = ['merchant', 'service', 'payer', 'ip', 'device'] as const;
const periods = ['hour', 'day', 'month'] as const;

/** A limit as data: what is counted together, for how long, up to what. */
export function LimitForm({ limit, onClose }: { limit: Limit | undefined; onClose: () => void }) {
  const t = useTranslations('limits');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const save = useMutation(
    trpc.limits.save.mutationOptions({
      onSuccess: async () => {
        toast.success(t('saved'));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.limits.list.queryKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? '').trim();
    const amount = read('maxAmount') === '' ? null : parseYuan(read('maxAmount'));
    const count = read('maxCount') === '' ? null : Number(read('maxCount'));
    const wrong = amount === undefined ? t('badAmount') : amount === null && count === null ? t('needsOne') : undefined;
    setProblem(wrong);
    if (wrong || amount === undefined) return;
    save.mutate({
      id: limit?.id ?? read('id'),
      name: read('name'),
      enabled: form.get('enabled') === 'on',
      scope: scopes.filter((one) => form.get(`scope-${one}`) === 'on'),
      match: {
        ...(read('merchantId') ? { merchantId: read('merchantId') } : {}),
        ...(read('serviceId') ? { serviceId: read('serviceId') } : {}),
      },
      period: periods.find((one) => one === read('period')) ?? 'day',
      currency: 'CNY',
      maxAmount: amount,
      maxCount: count,
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={limit ? t('editTitle', { name: limit.name }) : t('add')}
      description={t('effect')}
    >
      <form onSubmit={submit} className="grid gap-4">
        <div className="grid grid-cols-2 gap-3">
          <Field label="ID">
            {(id) => (
              <Input
                id={id}
                name="id"
                defaultValue={limit?.id ?? ''}
                readOnly={limit !== undefined}
                required
                pattern="[a-z][a-z0-9_\-]{1,47}"
                placeholder="payer-day"
              />
            )}
          </Field>
          <Field label={t('name')}>
            {(id) => <Input id={id} name="name" defaultValue={limit?.name ?? ''} required maxLength={80} />}
          </Field>
          <Field label={t('period')}>
            {(id) => (
              <Select id={id} name="period" defaultValue={limit?.period ?? 'day'}>
                {periods.map((one) => (
                  <option key={one} value={one}>
                    {t(`periods.${one}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <label className="flex items-center gap-2 self-end pb-1.5">
            <input type="checkbox" name="enabled" defaultChecked={limit?.enabled ?? true} />
            {t('on')}
          </label>
          <Field label={t('maxAmount')} error={problem}>
            {(id) => (
              <Input id={id} name="maxAmount" inputMode="decimal" defaultValue={yuan(limit?.maxAmount ?? null)} />
            )}
          </Field>
          <Field label={t('maxCount')}>
            {(id) => <Input id={id} name="maxCount" type="number" min={0} defaultValue={limit?.maxCount ?? ''} />}
          </Field>
          <Field label={t('onlyMerchant')}>
            {(id) => <Input id={id} name="merchantId" defaultValue={limit?.match.merchantId ?? ''} />}
          </Field>
          <Field label={t('onlyService')}>
            {(id) => <Input id={id} name="serviceId" defaultValue={limit?.match.serviceId ?? ''} />}
          </Field>
        </div>
        <fieldset>
          <legend className="mb-1 text-xs text-muted">{t('per')}</legend>
          <div className="flex flex-wrap gap-4">
            {scopes.map((one) => (
              <label key={one} className="flex items-center gap-1.5">
                <input type="checkbox" name={`scope-${one}`} defaultChecked={limit?.scope.includes(one) ?? false} />
                {t(`scopes.${one}`)}
              </label>
            ))}
          </div>
        </fieldset>
        {save.error ? (
          <p role="alert" className="text-failed">
            {save.error.message}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={save.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
