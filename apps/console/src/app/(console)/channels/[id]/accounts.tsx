'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { toast } from 'sonner';
import { money } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Table, Td, Th } from '@/ui/table';
import type { Channel } from '../channel-actions';

/** Accounts, told apart by label; their keys only by fingerprint. */
export function Accounts({ channel }: { channel: Channel }) {
  const t = useTranslations('channels');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const refresh = useMutation(
    trpc.channels.refreshAccount.mutationOptions({
      onSuccess: () => {
        toast.success(t('refreshed'));
        return queries.invalidateQueries({ queryKey: trpc.channels.list.queryKey() });
      },
    }),
  );
  return (
    <>
      {refresh.error ? (
        <p role="alert" className="mb-2 text-failed">
          {refresh.error.message}
        </p>
      ) : null}
      <Table
        wide
        label={t('accounts')}
        head={
          <>
            {[t('account'), t('state'), t('verification'), t('band'), t('address'), t('keys')].map((name) => (
              <Th key={name}>{name}</Th>
            ))}
            <Th>
              <span className="sr-only">{t('act')}</span>
            </Th>
          </>
        }
      >
        {channel.accounts.map((account) => (
          <tr key={account.id} className="border-b">
            <Td>
              {account.label} <span className="font-mono text-xs text-subtle">{account.id}</span>
            </Td>
            <Td>
              <Chip tone={account.enabled ? 'success' : 'closed'}>{account.enabled ? t('on') : t('off')}</Chip>
            </Td>
            <Td>{t(`verificationModes.${account.verificationMode ?? 'none'}`)}</Td>
            <Td className="whitespace-nowrap">
              {account.maxAmount > 1e14
                ? t('anyAmount')
                : `${money(account.minAmount, 'CNY')} – ${money(account.maxAmount, 'CNY')}`}
            </Td>
            <Td className="font-mono text-xs break-all">{account.baseUrl}</Td>
            <Td className="font-mono text-xs" title={account.keys?.trusted.map(({ serial }) => serial).join(', ')}>
              {account.keys?.fingerprint ?? '—'}
              {account.keys && account.keys.trusted.length > 0 ? (
                <span className="block font-sans text-subtle">
                  {t('trusted', { count: account.keys.trusted.length })}
                  {account.keys.trusted[0]?.expiresAt
                    ? ` · ${t('until', { date: account.keys.trusted[0].expiresAt.slice(0, 10) })}`
                    : ''}
                </span>
              ) : null}
            </Td>
            <Td className="text-right">
              {may('channels.write') ? (
                <Button
                  look="quiet"
                  disabled={refresh.isPending}
                  onClick={() => refresh.mutate({ accountId: account.id })}
                >
                  <RefreshCw size={13} aria-hidden />
                  {t('refreshAccount')}
                </Button>
              ) : null}
            </Td>
          </tr>
        ))}
      </Table>
    </>
  );
}
