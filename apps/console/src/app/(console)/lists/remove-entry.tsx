'use client';

import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import type { List } from './lists';

/** Takes a value off a list; the log keeps that it was there. */
export function RemoveEntry({
  list,
  value,
  onClose,
  onDone,
}: {
  list: List;
  value: string;
  onClose: () => void;
  onDone: () => Promise<unknown>;
}) {
  const t = useTranslations('lists');
  const trpc = useTrpc();
  const remove = useMutation(
    trpc.lists.remove.mutationOptions({
      onSuccess: async () => {
        toast.success(t('removed', { value }));
        onClose();
        await onDone();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '').trim();
    remove.mutate({ list: list.id, values: [value], reason });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t('removeTitle', { value, list: list.name })}
      description={t(`removeEffect.${list.effect}`)}
    >
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('reason')} error={remove.error?.message}>
          {(id) => <Input id={id} name="reason" required maxLength={200} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={remove.isPending}>
            {t('remove')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
