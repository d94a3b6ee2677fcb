'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { mayDo, permissions, type Role, roles } from '@tributary/contracts/role';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import type { User } from './users';

/** A new user, or another role for one: with what that role may do, said before it is given. */
export function UserForm({ user, onClose }: { user: User | undefined; onClose: () => void }) {
  const t = useTranslations('users');
  const names = useTranslations('shell.roles');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [role, setRole] = useState<Role>((user?.role as Role | undefined) ?? 'support');
  const [approver, setApprover] = useState(user?.approver ?? false);
  const done = async () => {
    toast.success(t('saved'));
    onClose();
    await queries.invalidateQueries({ queryKey: trpc.users.pathKey() });
  };
  const create = useMutation(trpc.users.create.mutationOptions({ onSuccess: done, gcTime: 0 }));
  const change = useMutation(trpc.users.setRole.mutationOptions({ onSuccess: done }));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (user) {
      change.mutate({ id: user.id, role, approver });
      return;
    }
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? '').trim();
    create.mutate({
      email: read('email'),
      name: read('name'),
      password: String(form.get('password') ?? ''),
      role,
      approver,
      merchantId: role === 'merchant' ? read('merchantId') : null,
    });
  };
  const error = create.error ?? change.error;
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={user ? t('roleTitle', { email: user.email }) : t('add')}
    >
      <form onSubmit={submit} className="grid gap-4">
        {user ? null : (
          <>
            <Field label={t('email')}>
              {(id) => <Input id={id} name="email" type="email" required autoComplete="off" />}
            </Field>
            <Field label={t('name')}>{(id) => <Input id={id} name="name" required maxLength={80} />}</Field>
            <Field label={t('password')}>
              {(id) => (
                <Input id={id} name="password" type="password" required minLength={12} autoComplete="new-password" />
              )}
            </Field>
          </>
        )}
        <Field label={t('role')}>
          {(id) => (
            <Select
              id={id}
              value={role}
              onChange={(event) => setRole(roles.find((one) => one === event.target.value) ?? 'support')}
            >
              {roles.map((one) => (
                <option key={one} value={one}>
                  {names(one)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {role === 'merchant' && !user ? (
          <Field label={t('merchant')}>
            {(id) => <Input id={id} name="merchantId" required placeholder="mch_…" />}
          </Field>
        ) : null}
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={approver} onChange={(event) => setApprover(event.target.checked)} />
          {t('approver')}
        </label>
        <div>
          <p className="mb-1 text-xs text-muted">{t('mayDo')}</p>
          <p className="font-mono text-xs leading-5">
            {permissions.filter((one) => one !== 'self' && mayDo({ role, approver }, one)).join('  ')}
          </p>
        </div>
        {error ? (
          <p role="alert" className="text-failed">
            {error.message}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={create.isPending || change.isPending}>
            {t(user ? 'changeRole' : 'create')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
