'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useTrpc } from '@/lib/trpc';
import { Loaded } from '@/ui/loaded';
import { Section, Table, Td, Th } from '@/ui/table';
import { ExpiryChip } from './[id]/accounts/expiry-chip';

// Beyond the soonest so many, nobody has to act.
const shown = 12;

/** Certificates and keys of all accounts by when they end, the soonest first. */
export function ExpiryBoard() {
  const t = useTranslations('accounts');
  /** A certificate by what it is for, when its place in the account tells: `verification.alipayCertificatePems.0`. */
  const sayItem = (item: string): string => {
    const name = item
      .split('.')
      .filter((part) => !/^\d+$/.test(part))
      .at(-1);
    return name !== undefined && t.has(`items.${name}`) ? t(`items.${name}`) : item;
  };
  const query = useQuery(useTrpc().channelAccounts.list.queryOptions({}, { refetchInterval: 60_000 }));
  return (
    <Section title={t('board')}>
      <Loaded query={query}>
        {({ accounts }) => {
          const all = accounts
            .flatMap((account) => account.expiries.map((expiry) => ({ account, expiry })))
            .sort((a, b) => a.expiry.expiresAt - b.expiry.expiresAt);
          const urgent = all.filter(({ expiry }) => expiry.warning !== null).length;
          if (all.length === 0) return <p className="text-muted">{t('nothingExpires')}</p>;
          return (
            <>
              <p className={`mb-2 ${urgent > 0 ? 'text-warn' : 'text-muted'}`}>
                {urgent > 0 ? t('boardUrgent', { count: urgent }) : t('boardCalm')}
              </p>
              <Table
                wide
                label={t('board')}
                head={[t('expiresAt'), t('item'), t('account'), t('channel'), t('serial')].map((name) => (
                  <Th key={name}>{name}</Th>
                ))}
              >
                {all.slice(0, shown).map(({ account, expiry }) => (
                  <tr key={`${account.id} ${expiry.item}`} className="border-b">
                    <Td>
                      <ExpiryChip expiry={expiry} />
                    </Td>
                    <Td className="text-xs break-all">
                      <span title={expiry.item}>
                        {expiry.source === 'certificate' ? sayItem(expiry.item) : t(`sources.${expiry.source}`)}
                      </span>
                    </Td>
                    <Td>
                      <Link
                        className="text-primary underline"
                        href={`/channels/${account.channelId}?account=${account.id}`}
                      >
                        {account.label}
                      </Link>{' '}
                      <span className="font-mono text-xs text-subtle">{account.id}</span>
                    </Td>
                    <Td>{account.channelName}</Td>
                    <Td className="font-mono text-xs break-all">{expiry.serial ?? '—'}</Td>
                  </tr>
                ))}
              </Table>
              {all.length > shown ? (
                <p className="mt-1 text-muted">{t('boardMore', { count: all.length - shown })}</p>
              ) : null}
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
