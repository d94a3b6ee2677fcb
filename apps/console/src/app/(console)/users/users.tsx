'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Page, Table, Td, Th } from '@/ui/table';
import { DisableUser } from './disable-user';
import { UserForm } from './user-form';

export type User = Outputs['users']['list'][number];

/** Who may sign in, as what, and who is here now. */
export function Users() {
  const t = useTranslations('users');
  const roles = useTranslations('shell.roles');
  const { may } = useMe();
  const [editing, setEditing] = useState<User | 'new'>();
  const [disabling, setDisabling] = useState<User>();
  const query = useQuery(useTrpc().users.list.queryOptions());
  const write = may('users.write');
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={write ? <Button onClick={() => setEditing('new')}>{t('add')}</Button> : undefined}
    >
      <Loaded query={query}>
        {(users) => (
          <Table
            wide
            label={t('title')}
            head={
              <>
                {[t('email'), t('name'), t('role'), t('merchant'), t('state'), t('sessions'), t('seen')].map((name) => (
                  <Th key={name}>{name}</Th>
                ))}
                {write ? (
                  <Th>
                    <span className="sr-only">{t('act')}</span>
                  </Th>
                ) : null}
              </>
            }
          >
            {users.map((user) => (
              <tr key={user.id} className="border-b">
                <Td>{user.email}</Td>
                <Td>{user.name}</Td>
                <Td>
                  {roles(user.role)}
                  {user.approver ? ` · ${t('approver')}` : ''}
                </Td>
                <Td className="font-mono text-xs">{user.merchantId ?? '—'}</Td>
                <Td>
                  <Chip tone={user.disabled ? 'closed' : 'success'}>{t(user.disabled ? 'disabled' : 'active')}</Chip>
                </Td>
                <Td>{user.sessions}</Td>
                <Td className="whitespace-nowrap text-muted">{user.lastSeenAt ? dateTime(user.lastSeenAt) : '—'}</Td>
                {write ? (
                  <Td className="text-right whitespace-nowrap">
                    <Button look="quiet" onClick={() => setEditing(user)}>
                      {t('changeRole')}
                    </Button>
                    <Button look="quiet" onClick={() => setDisabling(user)}>
                      {t(user.disabled ? 'enable' : 'disable')}
                    </Button>
                  </Td>
                ) : null}
              </tr>
            ))}
          </Table>
        )}
      </Loaded>
      {editing ? (
        <UserForm user={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      ) : null}
      {disabling ? <DisableUser user={disabling} onClose={() => setDisabling(undefined)} /> : null}
    </Page>
  );
}
