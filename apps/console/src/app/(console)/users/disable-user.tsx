'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import type { User } from './users';

/** Switching somebody off ends their sessions at once. */
export function DisableUser({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useTranslations('users');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const change = useMutation(
    trpc.users.setDisabled.mutationOptions({
      onSuccess: async () => {
        toast.success(t(user.disabled ? 'wasEnabled' : 'wasDisabled', { email: user.email }));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.users.pathKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '').trim();
    change.mutate({ id: user.id, disabled: !user.disabled, reason });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t(user.disabled ? 'enableTitle' : 'disableTitle', { email: user.email })}
      description={t(user.disabled ? 'enableEffect' : 'disableEffect', { sessions: user.sessions })}
    >
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('reason')} error={change.error?.message}>
          {(id) => <Input id={id} name="reason" required maxLength={200} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look={user.disabled ? 'primary' : 'danger'} type="submit" disabled={change.isPending}>
            {t(user.disabled ? 'enable' : 'disable')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
