'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Page, Table, Td, Th } from '@/ui/table';

export function Users() {
  const t = useTranslations('users');
  const roles = useTranslations('shell.roles');
  const query = useQuery(useTrpc().users.list.queryOptions());
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {(users) => (
          <Table
            wide
            label={t('title')}
            head={[t('email'), t('name'), t('role'), t('merchant'), t('state'), t('sessions'), t('seen')].map(
              (name) => <Th key={name}>{name}</Th>,
            )}
          >
            {users.map((user) => (
              <tr key={user.id} className="border-b">
                <Td>{user.email}</Td>
                <Td>{user.name}</Td>
                <Td>
                  {roles(user.role)}
                  {user.approver ? ` · ${t('approver')}` : ''}
                </Td>
                <Td>{user.merchantId ?? '—'}</Td>
                <Td>
                  <Chip tone={user.disabled ? 'closed' : 'success'}>{t(user.disabled ? 'disabled' : 'active')}</Chip>
                </Td>
                <Td>{user.sessions}</Td>
                <Td className="whitespace-nowrap text-muted">{user.lastSeenAt ? dateTime(user.lastSeenAt) : '—'}</Td>
              </tr>
            ))}
          </Table>
        )}
      </Loaded>
    </Page>
  );
}
