'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { timeOfDay } from '@/lib/format';
import { useMe } from '@/lib/session';
import { Button } from '@/ui/button';
import { Facts, Table, Td, Th } from '@/ui/table';
import { DescribeDialog, SwitchOffDialog } from './account-dialogs';
import { AccountForm } from './account-form';
import { ExpiryChip } from './expiry-chip';
import type { Account, AccountActs } from './use-accounts';
import { Versions } from './versions';

/** One account in full: its versions and what can be done to them, what of it expires, and which node holds what. */
export function AccountDetail({
  account,
  nodes,
  now,
  acts,
}: {
  account: Account;
  nodes: readonly string[];
  now: number;
  acts: AccountActs;
}) {
  const t = useTranslations('accounts');
  const { may } = useMe();
  const [open, setOpen] = useState<'edit' | 'off' | 'describe'>();
  const live = account.versions.find(({ state }) => state === 'live');
  const failed = acts.invalidate.error ?? acts.switchOn.error;
  return (
    <section aria-label={account.label} className="mt-4 grid gap-5 rounded-md border p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="mr-auto text-[15px] font-semibold">
          {account.label} <span className="font-mono text-xs font-normal text-subtle">{account.id}</span>
        </h3>
        {may('channels.write') ? (
          <>
            <Button onClick={() => setOpen('edit')}>{t('edit')}</Button>
            <Button onClick={() => setOpen('describe')}>{t('describe')}</Button>
          </>
        ) : null}
        {may('channels.switch') && account.state !== 'new' ? (
          <>
            <Button
              disabled={acts.invalidate.isPending}
              onClick={() => acts.invalidate.mutate({ accountId: account.id })}
            >
              {t('invalidate')}
            </Button>
            {account.state === 'off' ? (
              <Button
                disabled={acts.switchOn.isPending}
                onClick={() => acts.switchOn.mutate({ accountId: account.id })}
              >
                {t('switchOn')}
              </Button>
            ) : (
              <Button look="danger" onClick={() => setOpen('off')}>
                {t('switchOff')}
              </Button>
            )}
          </>
        ) : null}
      </div>
      {failed ? (
        <p role="alert" className="text-failed">
          {failed.message}
        </p>
      ) : null}
      {account.state === 'off' ? (
        <p className="rounded-md bg-warn-bg px-3 py-2 text-warn">
          {t('offBecause', { who: account.disabledBy ?? '—', reason: account.disabledReason ?? '—' })}
        </p>
      ) : null}
      <Versions account={account} now={now} acts={acts} />
      <div className="grid gap-5 lg:grid-cols-2">
        <Nodes account={account} nodes={nodes} />
        <Expiries account={account} />
      </div>
      {live?.keys ? (
        <details>
          <summary className="cursor-pointer text-muted">{t('inForce')}</summary>
          <div className="mt-2">
            <Facts
              rows={[
                [t('baseUrl'), <code key="url">{live.baseUrl}</code>],
                ...Object.entries(live.keys.config).map(([name, value]): [string, React.ReactNode] => [
                  name,
                  <pre key={name} className="overflow-x-auto font-mono text-xs">
                    {typeof value === 'string' ? value : JSON.stringify(value, null, 2).replaceAll('\\n', '\n')}
                  </pre>,
                ]),
              ]}
            />
          </div>
        </details>
      ) : null}
      {open === 'edit' ? (
        <AccountForm channelId={account.channelId} account={account} acts={acts} onClose={() => setOpen(undefined)} />
      ) : null}
      {open === 'off' ? <SwitchOffDialog account={account} acts={acts} onClose={() => setOpen(undefined)} /> : null}
      {open === 'describe' ? <DescribeDialog account={account} acts={acts} onClose={() => setOpen(undefined)} /> : null}
    </section>
  );
}

function Nodes({ account, nodes }: { account: Account; nodes: readonly string[] }) {
  const t = useTranslations('accounts');
  return (
    <div className="min-w-0">
      <h4 className="mb-1 font-medium">{t('nodesTitle')}</h4>
      <Table
        label={t('nodesTitle')}
        head={[t('node'), t('version'), t('loadedAt'), t('olderUsed')].map((name) => <Th key={name}>{name}</Th>)}
      >
        {nodes.map((node) => {
          const held = account.nodes.find((one) => one.node === node);
          return (
            <tr key={node} className="border-b">
              <Td className="font-mono text-xs break-all">{node}</Td>
              <Td className={held && held.version !== account.version ? 'text-warn' : ''}>
                {held ? `v${held.version}` : <span className="text-muted">{t('notLoaded')}</span>}
              </Td>
              <Td className="whitespace-nowrap text-muted">{held ? timeOfDay(held.loadedAt).slice(0, 8) : '—'}</Td>
              <Td className="text-xs">
                {held?.olderUsed
                  .map(({ version, count, lastAt }) =>
                    t('olderUse', { version, count, time: timeOfDay(lastAt).slice(0, 8) }),
                  )
                  .join(' · ') || '—'}
              </Td>
            </tr>
          );
        })}
      </Table>
    </div>
  );
}

function Expiries({ account }: { account: Account }) {
  const t = useTranslations('accounts');
  return (
    <div className="min-w-0">
      <h4 className="mb-1 font-medium">{t('expiries')}</h4>
      {account.expiries.length === 0 ? (
        <p className="text-muted">{t('nothingExpires')}</p>
      ) : (
        <Table
          label={t('expiries')}
          head={[t('item'), t('serial'), t('expiresAt')].map((name) => <Th key={name}>{name}</Th>)}
        >
          {account.expiries.map((expiry) => (
            <tr key={expiry.item} className="border-b">
              <Td className="text-xs break-all">
                {expiry.source === 'certificate' ? expiry.item : t(`sources.${expiry.source}`)}
                {expiry.subject ? <span className="block text-subtle">{expiry.subject}</span> : null}
              </Td>
              <Td className="font-mono text-xs break-all">{expiry.serial ?? '—'}</Td>
              <Td>
                <ExpiryChip expiry={expiry} />
              </Td>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}
