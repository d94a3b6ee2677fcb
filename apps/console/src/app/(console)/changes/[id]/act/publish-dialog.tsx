'use client';

import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';

export type Plan = {
  at?: number;
  canary?: { percent: number; minutes: number };
  watch: {
    minutes: number;
    thresholds: { maxSuccessDrop: number; maxRejectRise: number; maxErrorRise: number; minPayments: number };
    autoRollback: boolean;
  };
};

/** How a change comes into force: now or at a time, for a share of merchants first, watched by which numbers. */
export function PublishDialog({
  title,
  effect,
  busy,
  error,
  onClose,
  onPublish,
}: {
  title: string;
  /** What is about to happen, in numbers. */
  effect: string;
  busy: boolean;
  error: string | undefined;
  onClose: () => void;
  onPublish: (plan: Plan) => void;
}) {
  const t = useTranslations('changes.publish');
  const [later, setLater] = useState(false);
  const [canary, setCanary] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const number = (name: string) => Number(form.get(name));
    // The field has no zone; the console's is UTC+8, whatever the browser's.
    const at = later ? Date.parse(`${String(form.get('at'))}:00+08:00`) : undefined;
    if (at !== undefined && !(at > Date.now())) return setProblem(t('inThePast'));
    setProblem(undefined);
    onPublish({
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
    });
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
      <form onSubmit={submit} className="grid gap-5">
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
            {later ? <Input type="datetime-local" name="at" required aria-label={t('at')} className="w-auto!" /> : null}
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
            <div className="mt-2 grid grid-cols-2 gap-3 md:grid-cols-4">
              {field('percent', 10, 1, 99, 1)}
              {field('canaryMinutes', 15, 1, 10_080, 1)}
            </div>
          ) : null}
          <p className="mt-1 text-xs text-muted">{t('canaryHint')}</p>
        </fieldset>
        <fieldset>
          <legend className="mb-1 font-medium">{t('watch')}</legend>
          <div className="grid grid-cols-2 gap-3 md:grid-cols-5">
            {field('watchMinutes', 15, 1, 1_440, 1)}
            {field('maxSuccessDrop', 5, 0.1, 100, 0.1)}
            {field('maxRejectRise', 5, 0.1, 100, 0.1)}
            {field('maxErrorRise', 2, 0.1, 100, 0.1)}
            {field('minPayments', 50, 1, 1_000_000, 1)}
          </div>
          <label className="mt-2 flex items-center gap-1.5">
            <input type="checkbox" name="autoRollback" defaultChecked />
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
            {t(later ? 'schedule' : canary ? 'startCanary' : 'publishNow')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
