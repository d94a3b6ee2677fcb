'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ConfigKind } from '@tributary/contracts/config-kind';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';

export type ProposedItem = {
  kind: ConfigKind;
  objectId: string;
  /** Null takes it out of the configuration. */
  document: Record<string, unknown> | null;
  /** The version that it was written on; 0 for a new one. */
  baseVersion: number;
};
export type Proposal = { title: string; items: ProposedItem[] };

/** Makes a change request of documents: nothing is in force before another person has approved it. */
export function Propose({
  proposal,
  onBack,
  onClose,
}: {
  proposal: Proposal;
  onBack: () => void;
  onClose: () => void;
}) {
  const t = useTranslations('changes');
  const trpc = useTrpc();
  const router = useRouter();
  const queries = useQueryClient();
  const create = useMutation(
    trpc.changes.create.mutationOptions({
      onSuccess: async ({ id }) => {
        toast.success(t('created'));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.changes.pathKey() });
        router.push(`/changes/${id}`);
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? '').trim();
    create.mutate({ title: read('title'), reason: read('reason'), items: proposal.items });
  };
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={t('proposeTitle')} description={t('proposeEffect')}>
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('title')}>
          {(id) => <Input id={id} name="title" required maxLength={120} defaultValue={proposal.title} />}
        </Field>
        <Field label={t('reason')} error={create.error?.message}>
          {(id) => <Input id={id} name="reason" required minLength={3} maxLength={500} />}
        </Field>
        <ul className="rounded-md bg-surface px-3 py-2 text-xs">
          {proposal.items.map((item) => (
            <li key={item.kind + item.objectId}>
              {t(`kinds.${item.kind}`)} <span className="font-mono">{item.objectId}</span>{' '}
              <span className="text-muted">
                {item.document === null
                  ? t('removesIt')
                  : item.baseVersion === 0
                    ? t('addsIt')
                    : t('basedOn', { version: item.baseVersion })}
              </span>
            </li>
          ))}
        </ul>
        <div className="flex justify-end gap-2">
          <Button onClick={onBack}>{t('backToEdit')}</Button>
          <Button look="primary" type="submit" disabled={create.isPending}>
            {t('create')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
