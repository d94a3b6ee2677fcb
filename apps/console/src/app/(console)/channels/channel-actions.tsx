'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { toast } from 'sonner';
import { timeOfDay } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { SwitchOff } from './switch-off';

export type Channel = Outputs['channels']['list']['channels'][number];

/** On, off (until when), or nothing to judge by: "no traffic" is not 100 %. */
export function ChannelState({ channel, large = false }: { channel: Channel; large?: boolean }) {
  const t = useTranslations('channels');
  if (channel.state === 'off')
    return (
      <Chip tone="closed" large={large}>
        {channel.disabledUntil ? t('offUntil', { time: timeOfDay(channel.disabledUntil).slice(0, 5) }) : t('off')}
      </Chip>
    );
  return channel.last5m.total === 0 ? (
    <Chip tone="pending" large={large}>
      {t('noTraffic')}
    </Chip>
  ) : (
    <Chip tone="success" large={large}>
      {t('on')}
    </Chip>
  );
}

/** The one button that matters in an incident. */
export function ChannelSwitch({ channel, others }: { channel: Channel; others: Channel[] }) {
  const t = useTranslations('channels');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.channels.list.queryKey() });
  const on = useMutation(
    trpc.channels.switchOn.mutationOptions({
      onSuccess: () => {
        toast.success(t('switchedOn', { name: channel.name }));
        return refresh();
      },
    }),
  );
  if (!may('channels.switch')) return null;
  return (
    <>
      {channel.state === 'off' ? (
        <Button onClick={() => on.mutate({ id: channel.id })} disabled={on.isPending}>
          {t('switchOn')}
        </Button>
      ) : (
        <Button look="danger" onClick={() => setAsking(true)}>
          {t('switchOff')}
        </Button>
      )}
      {on.error ? (
        <span role="alert" className="text-failed">
          {on.error.message}
        </span>
      ) : null}
      <SwitchOff channel={channel} others={others} open={asking} onClose={() => setAsking(false)} onDone={refresh} />
    </>
  );
}

export function OffBecause({ channel }: { channel: Channel }) {
  const t = useTranslations('channels');
  if (channel.state !== 'off') return null;
  return (
    <p className="rounded-md bg-warn-bg px-3 py-2 text-warn">
      {t('offBecause', {
        who: channel.disabledBy ?? '—',
        reason: channel.disabledReason ?? '—',
        until: channel.disabledUntil ? timeOfDay(channel.disabledUntil).slice(0, 8) : '—',
      })}
    </p>
  );
}
