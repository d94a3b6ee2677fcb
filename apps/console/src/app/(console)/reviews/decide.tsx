'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { toast } from 'sonner';
import { money } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import type { Held } from './reviews';

/** A person's word on a held payment: it goes on to its channel, or ends here. */
export function Decide({ payment, act, onClose }: { payment: Held; act: 'approve' | 'reject'; onClose: () => void }) {
  const t = useTranslations('reviews');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const done = async () => {
    toast.success(t(act === 'approve' ? 'approved' : 'rejected', { id: payment.id }));
    onClose();
    await queries.invalidateQueries({ queryKey: trpc.reviews.pathKey() });
  };
  const approve = useMutation(trpc.reviews.approve.mutationOptions({ onSuccess: done }));
  const reject = useMutation(trpc.reviews.reject.mutationOptions({ onSuccess: done }));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const read = (name: string) => String(data.get(name) ?? '').trim();
    const input = { paymentId: payment.id, reason: read('reason') };
    if (act === 'approve') return approve.mutate(input);
    const messages = (['messageForMerchant', 'messageForPayer'] as const).flatMap((name) =>
      read(name) ? [[name, read(name)]] : [],
    );
    reject.mutate({ ...input, ...Object.fromEntries(messages) });
  };
  const error = approve.error ?? reject.error;
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t(act === 'approve' ? 'approveTitle' : 'rejectTitle', { amount: money(payment.amount, payment.currency) })}
      description={t(act === 'approve' ? 'approveEffect' : 'rejectEffect', { merchant: payment.merchantId })}
    >
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('reason')} error={error?.message}>
          {(id) => <Input id={id} name="reason" required maxLength={300} />}
        </Field>
        {act === 'reject' ? (
          <>
            <Field label={t('messageForMerchant')}>
              {(id) => <Input id={id} name="messageForMerchant" maxLength={200} />}
            </Field>
            <Field label={t('messageForPayer')}>
              {(id) => <Input id={id} name="messageForPayer" maxLength={200} />}
            </Field>
          </>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button
            look={act === 'approve' ? 'primary' : 'danger'}
            type="submit"
            disabled={approve.isPending || reject.isPending}
          >
            {t(act)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
