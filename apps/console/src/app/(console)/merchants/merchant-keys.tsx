'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Copy } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Table, Td, Th } from '@/ui/table';

const scopes = ['payments:read', 'payments:write', 'refunds:read', 'refunds:write'] as const;

/** A merchant's keys. A new key's text is shown once, here, and is gone with the dialog. */
export function MerchantKeys({ merchant, onClose }: { merchant: { id: string; name: string }; onClose: () => void }) {
  const t = useTranslations('merchants');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [revoking, setRevoking] = useState<string>();
  const query = useQuery(trpc.merchants.keys.queryOptions({ merchantId: merchant.id }));
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.merchants.pathKey() });
  const create = useMutation(trpc.merchants.createKey.mutationOptions({ onSuccess: refresh, gcTime: 0 }));
  const revoke = useMutation(
    trpc.merchants.revokeKey.mutationOptions({
      onSuccess: () => {
        setRevoking(undefined);
        return refresh();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const chosen = scopes.filter((scope) => form.get(scope) === 'on');
    create.mutate({ merchantId: merchant.id, name: String(form.get('name') ?? '').trim(), scopes: chosen });
  };
  const askToRevoke = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (revoking)
      revoke.mutate({ id: revoking, reason: String(new FormData(event.currentTarget).get('reason') ?? '').trim() });
  };
  return (
    <Dialog open onClose={onClose} closeLabel={t('close')} title={t('keysOf', { name: merchant.name })} wide>
      {create.data ? (
        <div className="mb-4 rounded-md bg-warn-bg p-3 text-warn" role="status">
          <p className="mb-1 font-medium">{t('shownOnce')}</p>
          <Copy text={create.data.key} label={t('copy')} copied={t('copied')} />
        </div>
      ) : null}
      <Loaded query={query}>
        {(keys) => (
          <Table
            label={t('keys')}
            head={[t('name'), t('key'), t('kind'), t('scopes'), t('state'), t('created'), ''].map((name) => (
              <Th key={name}>{name}</Th>
            ))}
          >
            {keys.map((key) => (
              <tr key={key.id} className="border-b">
                <Td>{key.name}</Td>
                <Td className="font-mono text-xs">{key.shown}</Td>
                <Td>{t(`kinds.${key.kind}`)}</Td>
                <Td className="text-xs">{key.scopes.join(' ')}</Td>
                <Td>
                  <Chip tone={key.revokedAt ? 'closed' : 'success'}>{t(key.revokedAt ? 'revoked' : 'active')}</Chip>
                </Td>
                <Td className="whitespace-nowrap text-muted">{dateTime(key.createdAt)}</Td>
                <Td className="text-right">
                  {key.revokedAt ? null : (
                    <Button look="quiet" onClick={() => setRevoking(key.id)}>
                      {t('revoke')}
                    </Button>
                  )}
                </Td>
              </tr>
            ))}
          </Table>
        )}
      </Loaded>
      {revoking ? (
        <form onSubmit={askToRevoke} className="mt-4 flex flex-wrap items-end gap-2 rounded-md bg-failed-bg p-3">
          <div className="min-w-56 flex-1">
            <Field label={t('revokeReason', { id: revoking })} error={revoke.error?.message}>
              {(id) => <Input id={id} name="reason" required minLength={3} maxLength={200} />}
            </Field>
          </div>
          <Button onClick={() => setRevoking(undefined)}>{t('keep')}</Button>
          <Button look="danger" type="submit" disabled={revoke.isPending}>
            {t('revokeNow')}
          </Button>
        </form>
      ) : null}
      <form onSubmit={submit} className="mt-5 flex flex-wrap items-end gap-3 border-t pt-4">
        <div className="min-w-48 flex-1">
          <Field label={t('newKeyName')} error={create.error?.message}>
            {(id) => <Input id={id} name="name" required maxLength={60} />}
          </Field>
        </div>
        <fieldset className="flex flex-wrap gap-3">
          <legend className="text-xs text-muted">{t('scopes')}</legend>
          {scopes.map((scope) => (
            <label key={scope} className="flex items-center gap-1 font-mono text-xs">
              <input type="checkbox" name={scope} defaultChecked />
              {scope}
            </label>
          ))}
        </fieldset>
        <Button look="primary" type="submit" disabled={create.isPending}>
          {t('createKey')}
        </Button>
      </form>
    </Dialog>
  );
}
