'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Section, Table, Td, Th } from '@/ui/table';
import { NewKey } from './new-key';

/** A merchant's keys. Revoking is at once and for good, so the key's name is typed. */
export function Keys({ merchantId }: { merchantId: string }) {
  const t = useTranslations('merchants');
  const trpc = useTrpc();
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<{ id: string; name: string }>();
  const query = useQuery(trpc.merchants.keys.queryOptions({ merchantId }));
  return (
    <Section
      title={t('keys')}
      actions={
        <Button look="primary" onClick={() => setAdding(true)}>
          {t('createKey')}
        </Button>
      }
    >
      <Loaded query={query}>
        {(keys) =>
          keys.length === 0 ? (
            <Empty title={t('noKeys')} />
          ) : (
            <Table
              wide
              label={t('keys')}
              head={
                <>
                  {[t('name'), t('key'), t('kind'), t('scopes'), t('ips'), t('state'), t('created'), t('expires')].map(
                    (name) => (
                      <Th key={name}>{name}</Th>
                    ),
                  )}
                  <Th>
                    <span className="sr-only">{t('act')}</span>
                  </Th>
                </>
              }
            >
              {keys.map((key) => (
                <tr key={key.id} className="border-b">
                  <Td>{key.name}</Td>
                  <Td className="font-mono text-xs">{key.shown}</Td>
                  <Td className="whitespace-nowrap">{t(`kinds.${key.kind}`)}</Td>
                  <Td className="font-mono text-xs">{key.scopes.join(' ')}</Td>
                  <Td className="font-mono text-xs">{key.ipAllowlist.join(' ') || t('anyIp')}</Td>
                  <Td>
                    <Chip tone={key.revokedAt ? 'closed' : 'success'}>{t(key.revokedAt ? 'revoked' : 'active')}</Chip>
                  </Td>
                  <Td className="whitespace-nowrap text-muted" title={key.createdBy}>
                    {dateTime(key.createdAt)}
                  </Td>
                  <Td className="whitespace-nowrap">{key.expiresAt ? dateTime(key.expiresAt) : '—'}</Td>
                  <Td className="text-right">
                    {key.revokedAt ? null : (
                      <Button look="quiet" onClick={() => setRevoking(key)}>
                        {t('revoke')}
                      </Button>
                    )}
                  </Td>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
      {adding ? <NewKey merchantId={merchantId} onClose={() => setAdding(false)} /> : null}
      {revoking ? <Revoke {...revoking} onClose={() => setRevoking(undefined)} /> : null}
    </Section>
  );
}

function Revoke({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const t = useTranslations('merchants');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const revoke = useMutation(
    trpc.merchants.revokeKey.mutationOptions({
      onSuccess: async () => {
        toast.success(t('wasRevoked', { name }));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.merchants.pathKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    revoke.mutate({ id, reason: String(new FormData(event.currentTarget).get('reason') ?? '').trim() });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t('revokeTitle', { name })}
      description={t('revokeEffect')}
    >
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('reason')} error={revoke.error?.message}>
          {(field) => <Input id={field} name="reason" required maxLength={200} />}
        </Field>
        <Field label={t('typeName', { name })}>
          {(field) => (
            <Input id={field} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('keep')}</Button>
          <Button look="danger" type="submit" disabled={typed !== name || revoke.isPending}>
            {t('revokeNow')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
