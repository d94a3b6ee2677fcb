'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft, RefreshCw } from 'lucide-react';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { type FormEvent, useEffect, useState } from 'react';
import { toast } from 'sonner';
import { money, timeOfDay } from '@/lib/format';
import { isTyping } from '@/lib/hotkeys';
import { useMe } from '@/lib/session';
import { toneOf } from '@/lib/status';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Copy, CopyButton } from '@/ui/copy';
import { Input } from '@/ui/field';
import { ChainStrip } from './chain-strip';
import { useCodeWords } from './code-meaning';
import type { Order } from './order-detail';
import { sentenceOf } from './sentence';

/** How much, in which state, where the money is, what happens next, and what to tell the customer. */
export function OrderHead({ order }: { order: Order }) {
  const t = useTranslations('order');
  const status = useTranslations('status');
  const codes = useTranslations('failures');
  const { payment } = order;
  const { key, values } = sentenceOf(order);
  const failure = codes.has(values.failure) ? codes(values.failure) : values.failure;
  const last = order.attempts.at(-1);
  const said = useCodeWords(
    last?.channelId ?? '',
    ['failed', 'unknown'].includes(key) ? (last?.resultCode ?? null) : null,
  );
  const plain = t(`sentence.${key}`, { ...values, failure, nextAt: timeOfDay(values.nextAt).slice(0, 8) });
  const sentence = said === undefined ? plain : `${plain} ${t('channelSaid', { said })}`;
  const tell = [payment.payerMessage, t(`tell.${key}`)].filter(Boolean).join(t('sentenceJoin'));
  const state = payment.hold ? status('hold') : status(payment.status);
  const words = { label: t('copy'), copied: t('copied') };
  const summary = `${payment.id}  ${money(payment.amount, payment.currency)}  ${state}\n${sentence}\n${timeOfDay(order.now).slice(0, 8)} +08:00`;
  useCopyKey(summary, t('copied'));

  return (
    <header className="mb-6">
      <Link href="/orders" className="inline-flex items-center gap-1 text-muted hover:text-fg">
        <ArrowLeft size={13} aria-hidden />
        {t('back')}
      </Link>
      <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="text-[28px] leading-8 font-semibold">{money(payment.amount, payment.currency)}</h1>
        <Chip tone={toneOf(payment.status, payment.hold)} large>
          {state}
        </Chip>
        <span className="min-w-0 text-muted">{payment.subject}</span>
        <span className="min-w-0 basis-full md:flex-1 md:basis-auto">
          <Copy text={payment.id} {...words} />
        </span>
        <Actions order={order} />
      </div>
      <div className="mt-4 rounded-md border bg-surface">
        <div className="grid gap-x-8 gap-y-3 p-4 lg:grid-cols-[3fr_2fr]">
          <div>
            <p className="text-[15px] leading-6 font-medium" aria-live="polite">
              {sentence}
            </p>
            <CopyButton text={summary} label={t('copySummary')} copied={t('copied')} />
          </div>
          <div className="lg:border-l lg:pl-8">
            <p className="text-xs text-muted">{t('tellCustomer')}</p>
            <p className="mt-0.5">{tell}</p>
            <CopyButton text={tell} label={t('copyReply')} copied={t('copied')} />
          </div>
        </div>
        <div className="border-t px-4 py-3">
          <ChainStrip order={order} />
        </div>
      </div>
    </header>
  );
}

/** `c` copies the summary. */
function useCopyKey(summary: string, copied: string): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== 'c' || isTyping(event)) return;
      void navigator.clipboard.writeText(summary).then(() => toast.success(copied));
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [summary, copied]);
}

function Actions({ order }: { order: Order }) {
  const t = useTranslations('order');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [note, setNote] = useState('');
  const { id } = order.payment;
  const open =
    order.attempts.some(({ nextSyncAt }) => nextSyncAt !== null) ||
    order.refunds.some(({ nextSyncAt }) => nextSyncAt !== null);
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.orders.get.queryKey({ id }) });
  const sync = useMutation(
    trpc.orders.sync.mutationOptions({
      onSuccess: ({ lookUps }) => {
        toast.success(lookUps === 0 ? t('nothingOpen') : t('asked', { count: lookUps }));
        return refresh();
      },
    }),
  );
  const add = useMutation(
    trpc.orders.note.mutationOptions({
      onSuccess: () => {
        setNote('');
        return refresh();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (note.trim()) add.mutate({ id, text: note.trim() });
  };
  const problem = sync.error ?? add.error;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {may('orders.note') ? (
        <form onSubmit={submit} className="flex gap-2">
          <Input
            aria-label={t('note')}
            placeholder={t('notePlaceholder')}
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.target.value)}
            className="w-44"
          />
          <Button type="submit" disabled={!note.trim() || add.isPending}>
            {t('addNote')}
          </Button>
        </form>
      ) : null}
      {may('orders.sync') ? (
        <Button look={open ? 'primary' : 'plain'} onClick={() => sync.mutate({ id })} disabled={sync.isPending}>
          <RefreshCw size={14} aria-hidden className={sync.isPending ? 'animate-spin' : ''} />
          {sync.isPending ? t('asking') : t('sync')}
        </Button>
      ) : null}
      {problem ? (
        <p role="alert" className="w-full text-failed">
          {problem.message}
        </p>
      ) : null}
    </div>
  );
}
