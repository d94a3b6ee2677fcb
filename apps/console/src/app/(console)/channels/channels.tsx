'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { toast } from 'sonner';
import { bps, dateTime, money, percent, timeOfDay } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Facts, Page, Section, Table, Td, Th } from '@/ui/table';
import { SwitchOff } from './switch-off';

export type Channel = Outputs['channels']['list']['channels'][number];

/** Which channel is unwell, and how to take it out for a while. */
export function Channels() {
  const t = useTranslations('channels');
  const query = useQuery(useTrpc().channels.list.queryOptions(undefined, { refetchInterval: 3_000 }));
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {({ channels }) =>
          channels.length === 0 ? (
            <Empty title={t('none')} />
          ) : (
            channels.map((channel) => (
              <ChannelSection
                key={channel.id}
                channel={channel}
                alone={channels.filter(({ state }) => state === 'on').length < 2}
              />
            ))
          )
        }
      </Loaded>
    </Page>
  );
}

function ChannelSection({ channel, alone }: { channel: Channel; alone: boolean }) {
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
      onError: (error) => toast.error(error.message),
    }),
  );
  const off = channel.state === 'off';
  return (
    <Section
      title={`${channel.name} (${channel.id})`}
      actions={
        <>
          <Chip tone={off ? 'closed' : channel.last5m.total === 0 ? 'pending' : 'success'}>
            {off
              ? channel.disabledUntil
                ? t('offUntil', { time: timeOfDay(channel.disabledUntil).slice(0, 5) })
                : t('off')
              : channel.last5m.total === 0
                ? t('noTraffic')
                : t('on')}
          </Chip>
          {may('channels.switch') ? (
            off ? (
              <Button onClick={() => on.mutate({ id: channel.id })} disabled={on.isPending}>
                {t('switchOn')}
              </Button>
            ) : (
              <Button look="danger" onClick={() => setAsking(true)}>
                {t('switchOff')}
              </Button>
            )
          ) : null}
        </>
      }
    >
      {off ? (
        <p className="mb-3 rounded-md bg-warn-bg px-3 py-2 text-warn">
          {t('offBecause', {
            who: channel.disabledBy ?? '—',
            reason: channel.disabledReason ?? '—',
            until: channel.disabledUntil ? dateTime(channel.disabledUntil) : '—',
          })}
        </p>
      ) : null}
      <div className="grid gap-6 lg:grid-cols-[minmax(260px,1fr)_2fr]">
        <Facts
          rows={[
            [
              t('last5m'),
              `${percent(channel.last5m.succeeded, channel.last5m.succeeded + channel.last5m.failed)} · ${t('count', { count: channel.last5m.total })}`,
            ],
            [
              t('last60m'),
              `${percent(channel.last60m.succeeded, channel.last60m.succeeded + channel.last60m.failed)} · ${t('count', { count: channel.last60m.total })} · ${t('openCount', { count: channel.last60m.open })}`,
            ],
            [t('products'), channel.products.join(' · ')],
            [t('priority'), channel.priority],
            [t('fee'), bps(channel.feeBps)],
            [
              t('bulkhead'),
              t('bulkheadOf', {
                concurrent: channel.params.maxConcurrent,
                queue: channel.params.maxQueue,
                wait: channel.params.queueTimeoutMs,
              }),
            ],
          ]}
        />
        <div className="min-w-0">
          {channel.compartments.length > 0 ? (
            <Table
              label={t('compartments')}
              head={[t('compartment'), t('active'), t('queued'), t('rejected'), t('timeouts')].map((name) => (
                <Th key={name}>{name}</Th>
              ))}
            >
              {channel.compartments.map(({ group, limits, stats }) => (
                <tr key={group} className="border-b">
                  <Td>{t(`groups.${group}`)}</Td>
                  <Td>{`${stats.active} / ${limits.maxConcurrent}`}</Td>
                  <Td>{`${stats.queued} / ${limits.maxQueue}`}</Td>
                  <Td>{stats.rejected}</Td>
                  <Td>{stats.timeouts}</Td>
                </tr>
              ))}
            </Table>
          ) : null}
          <Table
            label={t('accounts')}
            head={[t('account'), t('state'), t('verification'), t('band'), t('keys')].map((name) => (
              <Th key={name}>{name}</Th>
            ))}
          >
            {channel.accounts.map((account) => (
              <tr key={account.id} className="border-b">
                <Td>
                  {account.label} <span className="font-mono text-xs text-subtle">{account.id}</span>
                </Td>
                <Td>
                  <Chip tone={account.enabled ? 'success' : 'closed'}>{account.enabled ? t('on') : t('off')}</Chip>
                </Td>
                <Td>
                  {t(
                    `verificationModes.${(account.config.verification as { mode?: string } | undefined)?.mode ?? 'none'}`,
                  )}
                </Td>
                <Td className="whitespace-nowrap">
                  {account.maxAmount > 1e14
                    ? t('anyAmount')
                    : `${money(account.minAmount, 'CNY')} – ${money(account.maxAmount, 'CNY')}`}
                </Td>
                <Td className="font-mono text-xs" title={account.trustedKeys.map(({ serial }) => serial).join(', ')}>
                  {account.secretsFingerprint}
                  {account.trustedKeys.length > 0 ? ` · ${t('trusted', { count: account.trustedKeys.length })}` : ''}
                </Td>
              </tr>
            ))}
          </Table>
        </div>
      </div>
      <SwitchOff channel={channel} alone={alone} open={asking} onClose={() => setAsking(false)} onDone={refresh} />
    </Section>
  );
}
