'use client';

import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { parseYuan } from '@/lib/format';
import { useMe } from '@/lib/session';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import type { Account, AccountActs, Version } from './use-accounts';

type Props = { account: Account; acts: AccountActs; onClose: () => void };

const anyAmount = Number.MAX_SAFE_INTEGER;

/** Switching to a version: what happens to the one before is said and chosen. It is probed on the way. */
export function SwitchToDialog({ account, version, acts, onClose }: Props & { version: Version }) {
  const t = useTranslations('accounts');
  const { may } = useMe();
  const [hours, setHours] = useState(24);
  const [reason, setReason] = useState('');
  const { switchTo } = acts;
  const { error } = switchTo;
  const refused = error?.data?.error === 'probe_failed';
  const submit = (withoutProbe?: string) =>
    switchTo.mutate(
      {
        accountId: account.id,
        version: version.version,
        overlapHours: hours,
        ...(withoutProbe === undefined ? {} : { withoutProbe }),
      },
      { onSuccess: onClose },
    );
  const close = () => {
    switchTo.reset();
    onClose();
  };
  return (
    <Dialog
      open
      onClose={close}
      closeLabel={t('cancel')}
      title={t('switchTitle', { name: account.label, version: version.version })}
      description={account.version === 0 ? t('switchFirst') : t('switchEffect', { before: account.version })}
    >
      <form
        className="grid gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          submit();
        }}
      >
        {account.version > 0 ? (
          <Field label={t('overlap')}>
            {(id) => (
              <Select id={id} value={hours} onChange={(event) => setHours(Number(event.target.value))}>
                {[0, 1, 24, 72, 168].map((one) => (
                  <option key={one} value={one}>
                    {one === 0 ? t('noOverlap') : t('hours', { hours: one })}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ) : null}
        {error ? (
          <p role="alert" className="rounded-md bg-failed-bg px-3 py-2 text-failed">
            {refused && version.probe ? t(`because.${version.probe.verdict}`) : error.message}
          </p>
        ) : null}
        {refused && may('changes.emergency') ? (
          <Field label={t('withoutProbe')}>
            {(id) => (
              <Input id={id} value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
            )}
          </Field>
        ) : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={close}>{t('cancel')}</Button>
          {refused && may('changes.emergency') ? (
            <Button
              look="danger"
              disabled={switchTo.isPending || reason.trim().length < 2}
              onClick={() => submit(reason.trim())}
            >
              {t('switchWithoutProbe')}
            </Button>
          ) : null}
          <Button look="primary" type="submit" disabled={switchTo.isPending}>
            {switchTo.isPending ? t('probing') : t('probeAndSwitch')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Taking an account out, for a while or until further notice. */
export function SwitchOffDialog({ account, acts, onClose }: Props) {
  const t = useTranslations('accounts');
  const [minutes, setMinutes] = useState('60');
  const [reason, setReason] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    acts.switchOff.mutate(
      { accountId: account.id, minutes: minutes === '' ? null : Number(minutes), reason: reason.trim() },
      { onSuccess: onClose },
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t('switchOffTitle', { name: account.label })}
      description={t('switchOffEffect', { count: account.attemptsLastHour })}
    >
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('howLong')}>
          {(id) => (
            <Select id={id} value={minutes} onChange={(event) => setMinutes(event.target.value)}>
              {['15', '60', '240', '1440'].map((one) => (
                <option key={one} value={one}>
                  {t('minutes', { minutes: one })}
                </option>
              ))}
              <option value="">{t('forGood')}</option>
            </Select>
          )}
        </Field>
        <Field label={t('reason')} error={acts.switchOff.error?.message}>
          {(id) => (
            <Input
              id={id}
              value={reason}
              required
              minLength={2}
              maxLength={200}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="danger" type="submit" disabled={acts.switchOff.isPending || reason.trim().length < 2}>
            {t('switchOff')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const yuan = (minor: number) => (minor / 100).toFixed(2);

/** Its name and the amounts that it takes: no version, in force at once. */
export function DescribeDialog({ account, acts, onClose }: Props) {
  const t = useTranslations('accounts');
  const errors = acts.describe.error?.data?.errors ?? [];
  const errorAt = (path: string) => errors.find((one) => one.path === path)?.message;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    acts.describe.mutate(
      {
        accountId: account.id,
        label: text('label'),
        // What is no amount is refused by the engine, beside its field.
        minAmount: parseYuan(text('minAmount')) ?? 0,
        maxAmount: text('maxAmount') === '' ? anyAmount : (parseYuan(text('maxAmount')) ?? 0),
      },
      { onSuccess: onClose },
    );
  };
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={t('describeTitle', { name: account.label })}>
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('label')} error={errorAt('label')}>
          {(id) => <Input id={id} name="label" required maxLength={80} defaultValue={account.label} />}
        </Field>
        <Field label={t('minAmount')} error={errorAt('minAmount')}>
          {(id) => (
            <Input id={id} name="minAmount" required inputMode="decimal" defaultValue={yuan(account.minAmount)} />
          )}
        </Field>
        <Field label={t('maxAmount')} error={errorAt('maxAmount')}>
          {(id) => (
            <Input
              id={id}
              name="maxAmount"
              inputMode="decimal"
              defaultValue={account.maxAmount > 1e14 ? '' : yuan(account.maxAmount)}
              placeholder={t('anyAmount')}
            />
          )}
        </Field>
        {acts.describe.error && errors.length === 0 ? (
          <p role="alert" className="text-failed">
            {acts.describe.error.message}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={acts.describe.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
