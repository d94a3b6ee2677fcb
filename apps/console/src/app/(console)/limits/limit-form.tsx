'use client';

import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { type Proposal, Propose } from '@/changes/propose';
import { yuan } from '@/lib/format';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import { type LimitProblem, matchKeys, periods, readLimit, rejectCodes, scopes } from './limit-document';
import type { Limit } from './limits';

/** A limit as data: what is counted together, for how long, up to what, and what the refused are told. Saved as a change. */
export function LimitForm({
  limit,
  versions,
  onClose,
}: {
  limit: Limit | undefined;
  /** What is live, by document. */
  versions: Readonly<Record<string, number>>;
  onClose: () => void;
}) {
  const t = useTranslations('limits');
  const codes = useTranslations('failures');
  const [problems, setProblems] = useState<readonly LimitProblem[]>([]);
  const [period, setPeriod] = useState<string>(limit?.period ?? 'day');
  // What the form was opened on: a version published meanwhile must come up as a conflict.
  const [base] = useState(() => (limit ? (versions[`limit/${limit.id}`] ?? 0) : 0));
  const [proposal, setProposal] = useState<Proposal>();
  const problemOf = (field: string) => {
    const found = problems.find((one) => one.field === field);
    return found ? t(`problems.${found.problem}`) : undefined;
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = readLimit((name) => String(form.get(name) ?? '').trim(), limit && documentOf(limit));
    setProblems(read.ok ? [] : read.problems);
    if (!read.ok) return;
    setProposal({
      title: t(limit ? 'changeTitle' : 'addTitle', { name: read.document.name ?? '' }),
      items: [
        {
          kind: 'limit',
          objectId: read.document.id ?? '',
          document: read.document,
          baseVersion: limit ? base : 0,
        },
      ],
    });
  };
  if (proposal) return <Propose proposal={proposal} onBack={() => setProposal(undefined)} onClose={onClose} />;
  const text = (name: string, label: string, value: string, more: Record<string, unknown> = {}) => (
    <Field label={label} error={problemOf(name)}>
      {(id) => <Input id={id} name={name} defaultValue={value} {...more} />}
    </Field>
  );
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={limit ? t('editTitle', { name: limit.name }) : t('add')}
      description={t('effect')}
      wide
    >
      <form onSubmit={submit} className="grid gap-4">
        <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
          {text('id', 'ID', limit?.id ?? '', {
            readOnly: limit !== undefined,
            required: true,
            pattern: '[a-z][a-z0-9_\\-]{1,47}',
            placeholder: 'payer-day',
          })}
          {text('name', t('name'), limit?.name ?? '', { required: true, maxLength: 80 })}
          <Field label={t('period')}>
            {(id) => (
              <Select id={id} name="period" value={period} onChange={(event) => setPeriod(event.target.value)}>
                {periods.map((one) => (
                  <option key={one} value={one}>
                    {t(`periods.${one}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {text('warnAtPercent', t('warnAt'), String(limit?.warnAtPercent ?? 80), { inputMode: 'numeric' })}
          {period === 'payment'
            ? text('minAmount', t('minAmount'), yuan(limit?.minAmount ?? null), { inputMode: 'decimal' })
            : null}
          {text('maxAmount', t('maxAmount'), yuan(limit?.maxAmount ?? null), { inputMode: 'decimal' })}
          {period === 'payment'
            ? null
            : text('maxCount', t('maxCount'), String(limit?.maxCount ?? ''), { inputMode: 'numeric' })}
        </div>
        <div className="flex flex-wrap gap-x-6 gap-y-2">
          <Check name="enabled" label={t('on')} checked={limit?.enabled ?? true} />
          <Check name="shadow" label={t('shadowLong')} checked={limit?.mode === 'shadow'} />
          <Check name="releaseOnRefund" label={t('releaseOnRefund')} checked={limit?.releaseOnRefund ?? false} />
        </div>
        {period === 'payment' ? null : (
          <fieldset>
            <legend className="mb-1 text-xs text-muted">{t('per')}</legend>
            <div className="flex flex-wrap gap-x-4 gap-y-1">
              {scopes.map((one) => (
                <Check
                  key={one}
                  name={`scope-${one}`}
                  label={t(`scopes.${one}`)}
                  checked={limit?.scope.includes(one) ?? false}
                />
              ))}
            </div>
          </fieldset>
        )}
        <fieldset>
          <legend className="mb-1 text-xs text-muted">{t('only')}</legend>
          <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
            {matchKeys.map((key) => (
              <div key={key}>{text(key, t(`match.${key}`), (limit?.match[key] ?? []).join(' '))}</div>
            ))}
          </div>
        </fieldset>
        <fieldset className="grid gap-3 md:grid-cols-3">
          <legend className="mb-1 text-xs text-muted">{t('answer')}</legend>
          <Field label={t('code')}>
            {(id) => (
              <Select id={id} name="code" defaultValue={limit?.reject.code ?? ''}>
                <option value="">{t('byDefault')}</option>
                {rejectCodes.map((one) => (
                  <option key={one} value={one}>
                    {codes(one)} ({one})
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {text('messageForMerchant', t('messageForMerchant'), limit?.reject.messageForMerchant ?? '', {
            maxLength: 200,
          })}
          {text('messageForPayer', t('messageForPayer'), limit?.reject.messageForPayer ?? '', { maxLength: 200 })}
        </fieldset>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit">
            {t('propose')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const Check = ({ name, label, checked }: { name: string; label: string; checked: boolean }) => (
  <label className="flex items-center gap-1.5">
    <input type="checkbox" name={name} defaultChecked={checked} />
    {label}
  </label>
);

/** The limit itself, without what the list says of it. */
function documentOf({ state: _, usage: __, minAmount, maxAmount, maxCount, ...limit }: Limit) {
  return {
    ...limit,
    ...(minAmount === null ? {} : { minAmount }),
    ...(maxAmount === null ? {} : { maxAmount }),
    ...(maxCount === null ? {} : { maxCount }),
  };
}
