'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useMe } from '@/lib/session';
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
  const { may } = useMe();
  const [minutes, setMinutes] = useState(15);
  const [reason, setReason] = useState('');
  const services = useQuery(useTrpc().services.list.queryOptions(undefined, { enabled: open && may('services.read') }));
  // What its services are left with: a channel that is on is no help to a service that does not name it.
  const on = new Map(others.filter(({ state }) => state === 'on').map(({ id, name }) => [id, name]));
  const left = (services.data ?? [])
    .filter(({ config }) => config.enabled && config.channelIds.includes(channel.id))
    .map(({ config }) => ({ service: config, heirs: config.channelIds.flatMap((id) => on.get(id) ?? []) }));
  const stranded = left.filter(({ heirs }) => heirs.length === 0).map(({ service }) => service);
  const moved = left.filter(({ heirs }) => heirs.length > 0);
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
        {stranded.length > 0 ? (
          <p className="rounded-md bg-failed-bg px-3 py-2 text-failed">
            {t('stranded', { count: stranded.length, list: stranded.map(({ name }) => name).join('、') })}
          </p>
        ) : null}
        {moved.map(({ service, heirs }) => (
          <p key={service.id} className="rounded-md bg-surface px-3 py-2">
            {t('heirs', { service: service.name, names: heirs.join('、') })}
          </p>
        ))}
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
