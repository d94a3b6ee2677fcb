'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select, Textarea } from '@/ui/field';
import { Secret } from '@/ui/secret';

const scopes = ['payments:read', 'payments:write', 'refunds:read', 'refunds:write'] as const;

/** An API key (its text is in the answer and nowhere else, and gone with this dialog), or the merchant's public key. */
export function NewKey({ merchantId, onClose }: { merchantId: string; onClose: () => void }) {
  const t = useTranslations('merchants');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [kind, setKind] = useState<'bearer' | 'signing'>('bearer');
  const [saved, setSaved] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.merchants.pathKey() });
  const create = useMutation(trpc.merchants.createKey.mutationOptions({ onSuccess: refresh, gcTime: 0 }));
  const add = useMutation(
    trpc.merchants.addSigningKey.mutationOptions({
      onSuccess: async () => {
        onClose();
        await refresh();
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? '').trim();
    const common = { merchantId, name: read('name'), scopes: scopes.filter((one) => form.get(one) === 'on') };
    if (kind === 'signing') add.mutate({ ...common, publicKeyPem: read('publicKeyPem') });
    else
      create.mutate({
        ...common,
        ipAllowlist: read('ips')
          .split(/[\s,]+/)
          .filter(Boolean),
        expiresInDays: read('days') ? Number(read('days')) : null,
      });
  };
  if (create.data) {
    return (
      <Dialog open onClose={() => saved && onClose()} closeLabel={t('close')} title={t('createKey')}>
        <Secret title={t('shownOnce')} text={create.data.key} copy={t('copy')} copied={t('copied')} />
        <label className="mt-4 flex items-center gap-2">
          <input type="checkbox" checked={saved} onChange={(event) => setSaved(event.target.checked)} />
          {t('iSavedIt')}
        </label>
        <div className="mt-4 flex justify-end">
          <Button look="primary" disabled={!saved} onClick={onClose}>
            {t('close')}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={t('createKey')}>
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('kind')}>
          {(id) => (
            <Select
              id={id}
              value={kind}
              onChange={(event) => setKind(event.target.value === 'signing' ? 'signing' : 'bearer')}
            >
              <option value="bearer">{t('kinds.bearer')}</option>
              <option value="signing">{t('kinds.signing')}</option>
            </Select>
          )}
        </Field>
        <Field label={t('newKeyName')}>{(id) => <Input id={id} name="name" required maxLength={60} />}</Field>
        <fieldset>
          <legend className="mb-1 text-xs text-muted">{t('scopes')}</legend>
          <div className="flex flex-wrap gap-x-4 gap-y-1">
            {scopes.map((scope) => (
              <label key={scope} className="flex items-center gap-1.5 font-mono text-xs">
                <input type="checkbox" name={scope} defaultChecked />
                {scope}
              </label>
            ))}
          </div>
        </fieldset>
        {kind === 'signing' ? (
          <Field label={t('publicKey')}>
            {(id) => (
              <Textarea id={id} name="publicKeyPem" required rows={5} placeholder="-----BEGIN PUBLIC KEY-----" />
            )}
          </Field>
        ) : (
          <>
            <Field label={t('ipsLabel')}>{(id) => <Input id={id} name="ips" placeholder="203.0.113.0/24" />}</Field>
            <Field label={t('expiresIn')}>
              {(id) => (
                <Select id={id} name="days" defaultValue="">
                  <option value="">{t('never')}</option>
                  {[90, 365, 730].map((days) => (
                    <option key={days} value={days}>
                      {t('days', { days })}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          </>
        )}
        {(create.error ?? add.error) ? (
          <p role="alert" className="text-failed">
            {(create.error ?? add.error)?.message}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={create.isPending || add.isPending}>
            {t('createKey')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
