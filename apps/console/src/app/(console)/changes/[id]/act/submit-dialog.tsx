'use client';

import { useTranslations } from 'next-intl';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import type { Change } from '../change-detail';

export type Plan = NonNullable<Change['plan']>;

/** UTC+8, as the field for a time has it. */
const fieldTime = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 16);

/**
 * Submits a change together with how it is to be published, which is what is approved: now or at a time, for a share of
 * merchants first, watched by which numbers.
 */
export function SubmitDialog({
  title,
  effect,
  verb,
  plan,
  acknowledgement,
  children,
  busy,
  error,
  onClose,
  onSubmit,
}: {
  title: string;
  /** What is about to happen, in numbers. */
  effect: string;
  /** On the button. */
  verb: string;
  /** The plan of an earlier submission. */
  plan: Plan | null;
  /** The label of the word that findings need; none is asked for without it. */
  acknowledgement: string | undefined;
  children: ReactNode;
  busy: boolean;
  error: string | undefined;
  onClose: () => void;
  onSubmit: (plan: Plan, acknowledgement: string) => void;
}) {
  const t = useTranslations('changes.publish');
  const planned = plan?.at !== undefined && plan.at > Date.now() ? plan.at : undefined;
  const [later, setLater] = useState(planned !== undefined);
  const [canary, setCanary] = useState(plan?.canary !== undefined);
  const watch = plan?.watch;
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const number = (name: string) => Number(form.get(name));
    // The field has no zone; the console's is UTC+8, whatever the browser's.
    const at = later ? Date.parse(`${String(form.get('at'))}:00+08:00`) : undefined;
    if (at !== undefined && !(at > Date.now())) return setProblem(t('inThePast'));
    setProblem(undefined);
    onSubmit(
      {
        ...(at === undefined ? {} : { at }),
        ...(canary ? { canary: { percent: number('percent'), minutes: number('canaryMinutes') } } : {}),
        watch: {
          minutes: number('watchMinutes'),
          thresholds: {
            maxSuccessDrop: number('maxSuccessDrop'),
            maxRejectRise: number('maxRejectRise'),
            maxErrorRise: number('maxErrorRise'),
            minPayments: number('minPayments'),
          },
          autoRollback: form.get('autoRollback') === 'on',
        },
      },
      String(form.get('acknowledgement') ?? '').trim(),
    );
  };
  const field = (name: string, value: number, min: number, max: number, step: number) => (
    <Field label={t(name)}>
      {(id) => (
        <Input id={id} name={name} type="number" required defaultValue={value} min={min} max={max} step={step} />
      )}
    </Field>
  );
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={title} description={effect} wide>
      {children}
      <form onSubmit={submit} className="grid gap-5">
        {acknowledgement === undefined ? null : (
          <Field label={acknowledgement}>
            {(id) => <Input id={id} name="acknowledgement" required minLength={3} maxLength={500} />}
          </Field>
        )}
        <p className="text-muted">{t('partOfApproval')}</p>
        <fieldset>
          <legend className="mb-1 font-medium">{t('when')}</legend>
          <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
            <label className="flex items-center gap-1.5">
              <input type="radio" name="when" checked={!later} onChange={() => setLater(false)} />
              {t('now')}
            </label>
            <label className="flex items-center gap-1.5">
              <input type="radio" name="when" checked={later} onChange={() => setLater(true)} />
              {t('later')}
            </label>
            {later ? (
              <Input
                type="datetime-local"
                name="at"
                required
                defaultValue={planned === undefined ? undefined : fieldTime(planned)}
                aria-label={t('at')}
                className="w-auto!"
              />
            ) : null}
            {problem ? (
              <span role="alert" className="text-xs text-failed">
                {problem}
              </span>
            ) : null}
          </div>
        </fieldset>
        <fieldset>
          <legend className="mb-1 font-medium">{t('scope')}</legend>
          <label className="flex items-center gap-1.5">
            <input type="checkbox" checked={canary} onChange={(event) => setCanary(event.target.checked)} />
            {t('canary')}
          </label>
          {canary ? (
            <div className="mt-2 grid grid-cols-2 items-end gap-3 md:grid-cols-4">
              {field('percent', plan?.canary?.percent ?? 10, 1, 99, 1)}
              {field('canaryMinutes', plan?.canary?.minutes ?? 15, 1, 10_080, 1)}
            </div>
          ) : null}
          <p className="mt-1 text-xs text-muted">{t('canaryHint')}</p>
        </fieldset>
        <fieldset>
          <legend className="mb-1 font-medium">{t('watch')}</legend>
          <div className="grid grid-cols-2 items-end gap-3 md:grid-cols-5">
            {field('watchMinutes', watch?.minutes ?? 15, 1, 1_440, 1)}
            {field('maxSuccessDrop', watch?.thresholds.maxSuccessDrop ?? 5, 0.1, 100, 0.1)}
            {field('maxRejectRise', watch?.thresholds.maxRejectRise ?? 5, 0.1, 100, 0.1)}
            {field('maxErrorRise', watch?.thresholds.maxErrorRise ?? 2, 0.1, 100, 0.1)}
            {field('minPayments', watch?.thresholds.minPayments ?? 50, 1, 1_000_000, 1)}
          </div>
          <label className="mt-2 flex items-center gap-1.5">
            <input type="checkbox" name="autoRollback" defaultChecked={watch?.autoRollback ?? true} />
            {t('autoRollback')}
          </label>
        </fieldset>
        {error ? (
          <p role="alert" className="text-failed">
            {error}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={busy}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
