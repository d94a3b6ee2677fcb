'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Secret } from '@/ui/secret';

/** A merchant, and the secret its webhooks are signed with: shown once, in this answer only. */
export function NewMerchant({ onClose }: { onClose: () => void }) {
  const t = useTranslations('merchants');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const create = useMutation(
    trpc.merchants.create.mutationOptions({
      gcTime: 0,
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.merchants.pathKey() }),
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? '').trim();
    create.mutate({ name: read('name'), timeZone: read('timeZone'), webhookUrl: read('webhookUrl') || null });
  };
  return (
    <Dialog open onClose={onClose} closeLabel={t('close')} title={t('add')}>
      {create.data ? (
        <div className="grid gap-4">
          <Secret
            title={t('webhookSecretOnce')}
            text={create.data.webhookSecret}
            copy={t('copy')}
            copied={t('copied')}
          />
          <Link href={`/merchants/${create.data.id}`} className="text-primary hover:underline">
            {t('toNew')} <span className="font-mono text-xs">{create.data.id}</span>
          </Link>
        </div>
      ) : (
        <form onSubmit={submit} className="grid gap-4">
          <Field label={t('name')}>{(id) => <Input id={id} name="name" required maxLength={80} />}</Field>
          <Field label={t('zone')}>
            {(id) => <Input id={id} name="timeZone" defaultValue="Asia/Shanghai" required />}
          </Field>
          <Field label={t('webhook')} error={create.error?.message}>
            {(id) => <Input id={id} name="webhookUrl" type="url" placeholder="https://" maxLength={512} />}
          </Field>
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{t('cancel')}</Button>
            <Button look="primary" type="submit" disabled={create.isPending}>
              {t('create')}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
