'use client';

import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Field, Input, Select } from '@/ui/field';
import type { List } from './lists';

const dayMs = 86_400_000;

/** Puts one or several values on a list, with the reason and for how long. */
export function AddEntry({ list, onDone }: { list: List; onDone: () => Promise<unknown> }) {
  const t = useTranslations('lists');
  const trpc = useTrpc();
  const add = useMutation(trpc.lists.add.mutationOptions());
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const read = (name: string) => String(data.get(name) ?? '').trim();
    const days = Number(read('days'));
    const done = await add
      .mutateAsync({
        list: list.id,
        values: read('values')
          .split(/[\s,，;；、]+/)
          .filter(Boolean),
        reason: read('reason'),
        expiresAt: days > 0 ? Date.now() + days * dayMs : null,
      })
      .catch(() => undefined);
    if (!done) return;
    toast.success(
      done.waiting === null
        ? t('added', { added: done.added, changed: done.changed })
        : t('asked', { count: done.values.length }),
    );
    form.reset();
    await onDone();
  };
  return (
    <form
      onSubmit={(event) => void submit(event)}
      className="mb-4 grid grid-cols-2 items-end gap-2 lg:grid-cols-[3fr_3fr_1fr_auto]"
    >
      <Field label={t('values', { subject: t(`subjects.${list.subject}`) })} error={add.error?.message}>
        {(id) => <Input id={id} name="values" required placeholder={t(`examples.${list.subject}`)} />}
      </Field>
      <Field label={t('reason')}>{(id) => <Input id={id} name="reason" required maxLength={200} />}</Field>
      <Field label={t('howLong')}>
        {(id) => (
          <Select id={id} name="days" defaultValue="30">
            {[1, 7, 30, 90, 365].map((days) => (
              <option key={days} value={days}>
                {t('days', { days })}
              </option>
            ))}
            <option value="0">{t('forever')}</option>
          </Select>
        )}
      </Field>
      <Button look={list.effect === 'block' ? 'danger' : 'primary'} type="submit" disabled={add.isPending}>
        {t(list.effect === 'allow' ? 'ask' : 'add')}
      </Button>
      {list.subject === 'payer' || list.subject === 'device' ? (
        <p className="col-span-full text-xs text-warn">{t('allMerchants')}</p>
      ) : null}
    </form>
  );
}
