'use client';

import { useQuery } from '@tanstack/react-query';
import { failureCodes } from '@tributary/contracts/error-code';
import { paymentStatuses } from '@tributary/contracts/payment-status';
import { ChevronDown } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { parseYuan, yuan } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Field, Input, Select } from '@/ui/field';
import { type OrderFilters, windowNames } from './order-filters';

// The business day is Shanghai's, whatever zone the reader's machine is in.
const toLocalInput = (ms: number | null): string =>
  ms === null ? '' : new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16);
const fromLocalInput = (text: string): number | null => (text ? Date.parse(`${text}:00+08:00`) : null);

type Props = { filters: OrderFilters; onApply: (next: OrderFilters) => void };

/** Four fields that answer most questions, the rest a click away. Enter asks. */
export function FilterForm(props: Props) {
  // A new form for every new address: Back shows what the list then showed.
  return <Form key={JSON.stringify(props.filters)} {...props} />;
}

function Form({ filters, onApply }: Props) {
  const t = useTranslations('orders');
  const status = useTranslations('status');
  const codes = useTranslations('failures');
  const trpc = useTrpc();
  const { may } = useMe();
  const rare = [filters.merchant, filters.failure, filters.min, filters.max, filters.from, filters.to];
  const [more, setMore] = useState(rare.some((one) => one !== null && one !== ''));
  const services = useQuery(trpc.services.list.queryOptions(undefined, { enabled: may('services.read') }));
  const channels = useQuery(trpc.channels.list.queryOptions(undefined, { enabled: may('channels.read') }));
  const merchants = useQuery(trpc.merchants.list.queryOptions(undefined, { enabled: may('merchants.read') }));
  const [problem, setProblem] = useState<string>();

  function submit(form: HTMLFormElement) {
    const read = (name: string) => String(new FormData(form).get(name) ?? '').trim();
    const amount = (name: string) => (read(name) === '' ? null : (parseYuan(read(name)) ?? undefined));
    const [min, max] = [amount('min'), amount('max')];
    setProblem(min === undefined || max === undefined ? t('badAmount') : undefined);
    if (min === undefined || max === undefined) return;
    const chosen = paymentStatuses.find((one) => one === read('status'));
    const [from, to] = [fromLocalInput(read('from')), fromLocalInput(read('to'))];
    onApply({
      // Several statuses can only come from a link; the form keeps them while it says "several".
      status: read('status') === 'several' ? filters.status : chosen ? [chosen] : [],
      channel: read('channel'),
      service: read('service'),
      merchant: read('merchant'),
      failure: read('failure'),
      min,
      max,
      t: from === null && to === null ? (windowNames.find((one) => one === read('t')) ?? null) : null,
      from,
      to,
    });
  }

  return (
    <form
      className="mb-3 grid grid-cols-2 items-end gap-2 md:grid-cols-4 xl:grid-cols-[repeat(4,minmax(0,13rem))_auto_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        submit(event.currentTarget);
      }}
    >
      <Field label={t('status')}>
        {(id) => (
          <Select
            id={id}
            name="status"
            defaultValue={filters.status.length > 1 ? 'several' : (filters.status[0] ?? '')}
          >
            <option value="">{t('any')}</option>
            {filters.status.length > 1 ? (
              <option value="several">{t('several', { count: filters.status.length })}</option>
            ) : null}
            {paymentStatuses.map((one) => (
              <option key={one} value={one}>
                {status(one)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t('window')}>
        {(id) => (
          <Select id={id} name="t" defaultValue={filters.t ?? ''}>
            <option value="">{t('any')}</option>
            {windowNames.map((one) => (
              <option key={one} value={one}>
                {t(`windows.${one}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Suggest name="service" value={filters.service} label={t('service')} known={services.data?.map(({ id }) => id)} />
      <Suggest
        name="channel"
        value={filters.channel}
        label={t('channelId')}
        known={channels.data?.channels.map(({ id }) => id)}
      />
      {more ? (
        <>
          <Suggest
            name="merchant"
            value={filters.merchant}
            label={t('merchant')}
            known={merchants.data?.map(({ id }) => id)}
          />
          <Field label={t('reason')}>
            {(id) => (
              <Select id={id} name="failure" defaultValue={filters.failure}>
                <option value="">{t('any')}</option>
                {Object.keys(failureCodes).map((code) => (
                  <option key={code} value={code}>
                    {codes.has(code) ? codes(code) : code}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('min')} error={problem}>
            {(id) => (
              <Input id={id} name="min" inputMode="decimal" defaultValue={yuan(filters.min)} placeholder="0.01" />
            )}
          </Field>
          <Field label={t('max')}>
            {(id) => (
              <Input id={id} name="max" inputMode="decimal" defaultValue={yuan(filters.max)} placeholder="500" />
            )}
          </Field>
          <Field label={t('from')}>
            {(id) => <Input id={id} name="from" type="datetime-local" defaultValue={toLocalInput(filters.from)} />}
          </Field>
          <Field label={t('to')}>
            {(id) => <Input id={id} name="to" type="datetime-local" defaultValue={toLocalInput(filters.to)} />}
          </Field>
        </>
      ) : null}
      <div className="flex gap-2 max-md:col-span-2">
        <Button type="submit" look="primary" className="justify-center max-md:flex-1">
          {t('apply')}
        </Button>
        <Button look="quiet" aria-expanded={more} onClick={() => setMore(!more)}>
          {t(more ? 'fewer' : 'moreFields')}
          <ChevronDown size={14} aria-hidden className={more ? 'rotate-180' : ''} />
        </Button>
      </div>
    </form>
  );
}

/** A text field that proposes what there is and takes what there was. */
function Suggest({
  name,
  value,
  label,
  known,
}: {
  name: string;
  value: string;
  label: string;
  known: string[] | undefined;
}) {
  return (
    <Field label={label}>
      {(id) => (
        <>
          <Input id={id} name={name} defaultValue={value} list={`${id}-known`} placeholder={known?.[0] ?? ''} />
          <datalist id={`${id}-known`}>
            {known?.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
