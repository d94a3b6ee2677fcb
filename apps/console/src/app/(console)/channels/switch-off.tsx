'use client';

import { useMutation } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import type { Channel } from './channel-actions';

/** Taking a channel out is a lease: it says for how long and why, and what it will do. */
export function SwitchOff({
  channel,
  others,
  open,
  onClose,
  onDone,
}: {
  channel: Channel;
  others: Channel[];
  open: boolean;
  onClose: () => void;
  onDone: () => Promise<void>;
}) {
  const t = useTranslations('channels');
  const [minutes, setMinutes] = useState(15);
  const [reason, setReason] = useState('');
  const heirs = others.filter(({ state }) => state === 'on');
  const off = useMutation(
    useTrpc().channels.switchOff.mutationOptions({
      onSuccess: async () => {
        toast.success(t('switchedOff', { name: channel.name }));
        setReason('');
        onClose();
        await onDone();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    off.mutate({ id: channel.id, minutes, reason: reason.trim() });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t('switchOffTitle', { name: channel.name })}
      description={t('switchOffEffect', { perHour: channel.last60m.total, open: channel.last60m.open })}
    >
      <form onSubmit={submit} className="grid gap-4">
        {heirs.length === 0 ? (
          <p className="rounded-md bg-failed-bg px-3 py-2 text-failed">{t('alone')}</p>
        ) : (
          <p className="rounded-md bg-surface px-3 py-2">
            {t('heirs', { names: heirs.map(({ name }) => name).join('、') })}
          </p>
        )}
        <Field label={t('howLong')}>
          {(id) => (
            <Select id={id} value={minutes} onChange={(event) => setMinutes(Number(event.target.value))}>
              {[5, 15, 60, 240, 1440].map((one) => (
                <option key={one} value={one}>
                  {t('minutes', { minutes: one })}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t('reason')} error={off.error?.message}>
          {(id) => (
            <Input
              id={id}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              required
              minLength={2}
              maxLength={200}
              placeholder={t('reasonPlaceholder')}
            />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="danger" type="submit" disabled={off.isPending || reason.trim().length < 2}>
            {t('switchOff')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
