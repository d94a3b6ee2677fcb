'use client';

import { useTranslations } from 'next-intl';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import { dateTime, money } from '@/lib/format';
import { useMe } from '@/lib/session';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Section, Table, Td, Th } from '@/ui/table';
import { AccountDetail } from './account-detail';
import { AccountForm } from './account-form';
import { ExpiryChip } from './expiry-chip';
import { type Account, useAccountActs, useAccounts } from './use-accounts';

/** The accounts of a channel: which version is in force, whether all nodes have it, what expires; one of them in full. */
export function Accounts({ channelId }: { channelId: string }) {
  const t = useTranslations('accounts');
  const { may } = useMe();
  const query = useAccounts(channelId);
  const acts = useAccountActs((act) => t(`did.${act}`));
  const [chosen, setChosen] = useQueryState('account', parseAsString);
  const [creating, setCreating] = useState(false);
  return (
    <Section
      title={t('title')}
      actions={may('channelKeys.rotate') ? <Button onClick={() => setCreating(true)}>{t('create')}</Button> : undefined}
    >
      <Loaded query={query}>
        {({ accounts, nodes, now }) => {
          const account = accounts.find(({ id }) => id === chosen);
          return accounts.length === 0 ? (
            <Empty title={t('none')}>{t('noneHint')}</Empty>
          ) : (
            <>
              <Rows
                accounts={accounts}
                nodes={nodes}
                chosen={chosen}
                onChoose={(id) => void setChosen(id === chosen ? null : id)}
              />
              {account ? (
                <AccountDetail key={account.id} account={account} nodes={nodes} now={now} acts={acts} />
              ) : null}
            </>
          );
        }}
      </Loaded>
      {creating ? (
        <AccountForm channelId={channelId} account={undefined} acts={acts} onClose={() => setCreating(false)} />
      ) : null}
    </Section>
  );
}

function Rows({
  accounts,
  nodes,
  chosen,
  onChoose,
}: {
  accounts: readonly Account[];
  nodes: readonly string[];
  chosen: string | null;
  onChoose: (id: string) => void;
}) {
  const t = useTranslations('accounts');
  return (
    <Table
      wide
      label={t('title')}
      head={[t('account'), t('state'), t('version'), t('nodes'), t('nextExpiry'), t('band'), t('lastSuccess')].map(
        (name) => <Th key={name}>{name}</Th>,
      )}
    >
      {accounts.map((account) => (
        <tr key={account.id} className={`border-b ${account.id === chosen ? 'bg-surface' : ''}`}>
          <Td>
            <button
              type="button"
              className="text-left font-medium text-primary hover:underline"
              aria-expanded={account.id === chosen}
              onClick={() => onChoose(account.id)}
            >
              {account.label}
            </button>{' '}
            <span className="font-mono text-xs text-subtle">{account.id}</span>
          </Td>
          <Td>
            <AccountState account={account} />
          </Td>
          <Td className="whitespace-nowrap">
            {account.version === 0 ? '—' : `v${account.version}`}{' '}
            {account.versions
              .filter(({ state }) => state === 'staged' || state === 'overlap')
              .map(({ version, state }) => (
                <Chip key={version} tone={state === 'staged' ? 'pending' : 'processing'}>
                  {`v${version} ${t(`states.${state}`)}`}
                </Chip>
              ))}
          </Td>
          <Td>
            <Holding account={account} nodes={nodes} />
          </Td>
          <Td>{account.expiries[0] ? <ExpiryChip expiry={account.expiries[0]} /> : '—'}</Td>
          <Td className="whitespace-nowrap">
            {account.maxAmount > 1e14
              ? t('anyAmount')
              : `${money(account.minAmount, 'CNY')} – ${money(account.maxAmount, 'CNY')}`}
          </Td>
          <Td className="whitespace-nowrap text-muted">
            {account.lastSuccessAt ? dateTime(account.lastSuccessAt) : t('notLately')}
          </Td>
        </tr>
      ))}
    </Table>
  );
}

export function AccountState({ account }: { account: Account }) {
  const t = useTranslations('accounts');
  if (account.state === 'new') return <Chip tone="pending">{t('new')}</Chip>;
  if (account.state === 'on') return <Chip tone="success">{t('on')}</Chip>;
  return (
    <Chip tone="closed">
      {account.disabledUntil ? t('offUntil', { time: dateTime(account.disabledUntil).slice(11, 16) }) : t('off')}
    </Chip>
  );
}

/** How many nodes hold it, and whether one of them is not where it should be. */
function Holding({ account, nodes }: { account: Account; nodes: readonly string[] }) {
  const t = useTranslations('accounts');
  const behind = account.nodes.filter(({ version }) => version !== account.version).length;
  if (behind > 0) return <Chip tone="warn">{t('behind', { count: behind })}</Chip>;
  return <span className="text-muted">{t('holding', { held: account.nodes.length, all: nodes.length })}</span>;
}
