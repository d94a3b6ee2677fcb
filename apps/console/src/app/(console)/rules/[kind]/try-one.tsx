'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { parseYuan } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type ApiError, type Outputs, useTrpc, useTrpcClient } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Field, Input, Select } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Section } from '@/ui/table';
import type { Kind } from './rules';
import { TryAnswer } from './try-answer';

/** A payment that was, or one that is thought up. */
type Payment = { paymentId: string } | Invented;
type Invented = {
  merchantId: string;
  serviceId: string;
  amount: number;
  payer?: { id?: string; ip?: string; deviceId?: string };
};

/** "What would happen to this payment?" by the rules in force, or by a draft; nothing is written. */
export function TryOne({ kind, draft, order }: { kind: Kind; draft?: unknown; order?: string | null }) {
  const t = useTranslations('tryOne');
  const { may } = useMe();
  const trpc = useTrpc();
  const client = useTrpcClient();
  const [payment, setPayment] = useState<Payment | undefined>(order ? { paymentId: order } : undefined);
  const [fromOrder, setFromOrder] = useState(Boolean(order));
  const [problem, setProblem] = useState<string>();
  const allowed = may('lab.run');
  const merchants = useQuery(
    trpc.merchants.list.queryOptions(undefined, { enabled: allowed && may('merchants.read') }),
  );
  const services = useQuery(trpc.services.list.queryOptions(undefined, { enabled: allowed && may('services.read') }));
  // Sent as a mutation, because a draft may be large; asked like a query, because it changes nothing.
  const query = useQuery<Outputs['decide']['run'], ApiError>({
    queryKey: ['decide.run', kind, payment, draft],
    queryFn: () =>
      client.decide.run.mutate({
        ...(payment ?? { merchantId: '', serviceId: '', amount: 1 }),
        ...(draft === undefined ? {} : { draft: { kind, document: draft } }),
      }),
    enabled: payment !== undefined,
    staleTime: 0,
    placeholderData: (before) => before,
  });
  if (!allowed) return null;

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? '').trim();
    if (fromOrder) {
      const paymentId = /pay_[0-9A-Z]{26}/.exec(read('paymentId'))?.[0];
      setProblem(paymentId ? undefined : t('badOrder'));
      if (paymentId) setPayment({ paymentId });
      return;
    }
    const amount = parseYuan(read('amount'));
    setProblem(amount ? undefined : t('badAmount'));
    if (!amount) return;
    const payer = Object.fromEntries(
      (['id', 'ip', 'deviceId'] as const).flatMap((name) => (read(name) ? [[name, read(name)]] : [])),
    );
    setPayment({
      merchantId: read('merchantId'),
      serviceId: read('serviceId'),
      amount,
      ...(Object.keys(payer).length > 0 ? { payer } : {}),
    });
  };
  return (
    <Section
      title={t(draft === undefined ? 'title' : 'titleDraft')}
      actions={
        <Button look="quiet" onClick={() => setFromOrder(!fromOrder)}>
          {t(fromOrder ? 'invent' : 'fromOrder')}
        </Button>
      }
    >
      <form
        onSubmit={submit}
        className="grid grid-cols-2 items-end gap-2 md:grid-cols-3 xl:grid-cols-[2fr_2fr_1fr_1fr_1fr_1fr_auto]"
      >
        {fromOrder ? (
          <div className="col-span-2 md:col-span-3 xl:col-span-6">
            <Field label={t('order')} error={problem}>
              {(id) => (
                <Input
                  id={id}
                  name="paymentId"
                  required
                  defaultValue={order ?? ''}
                  placeholder="pay_…"
                  className="font-mono text-xs"
                />
              )}
            </Field>
          </div>
        ) : (
          <>
            <Field label={t('merchant')}>
              {(id) => (
                <Select id={id} name="merchantId" required>
                  {merchants.data?.map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Field label={t('service')}>
              {(id) => (
                <Select id={id} name="serviceId" required>
                  {services.data?.map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.id}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Field label={t('amount')} error={problem}>
              {(id) => <Input id={id} name="amount" inputMode="decimal" defaultValue="12.99" required />}
            </Field>
            <Field label={t('payer')}>{(id) => <Input id={id} name="id" placeholder="payer-7" />}</Field>
            <Field label={t('ip')}>{(id) => <Input id={id} name="ip" placeholder="203.0.113.7" />}</Field>
            <Field label={t('device')}>{(id) => <Input id={id} name="deviceId" />}</Field>
          </>
        )}
        <Button type="submit" className="justify-self-start">
          {t('run')}
        </Button>
      </form>
      {payment ? (
        <div className="mt-4" aria-live="polite">
          <Loaded query={query}>{(decision) => <TryAnswer decision={decision} kind={kind} />}</Loaded>
        </div>
      ) : null}
    </Section>
  );
}
