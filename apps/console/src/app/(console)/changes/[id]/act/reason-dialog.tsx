'use client';

import { useTranslations } from 'next-intl';
import type { FormEvent, ReactNode } from 'react';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';

/** An act with its effect said first and a word of why. */
export function ReasonDialog({
  title,
  effect,
  label,
  required,
  verb,
  danger = false,
  busy,
  error,
  children,
  onClose,
  onSubmit,
}: {
  title: string;
  effect: string;
  /** What the text is: a reason, a comment; no text is asked for without it. */
  label: string | undefined;
  required: boolean;
  /** On the button. */
  verb: string;
  danger?: boolean;
  busy: boolean;
  error: string | undefined;
  children?: ReactNode;
  onClose: () => void;
  onSubmit: (text: string) => void;
}) {
  const t = useTranslations('changes');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(String(new FormData(event.currentTarget).get('text') ?? '').trim());
  };
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={title} description={effect}>
      {children}
      <form onSubmit={submit} className="grid gap-4">
        {label === undefined ? null : (
          <Field label={label}>
            {(id) => (
              <Input id={id} name="text" required={required} minLength={required ? 3 : undefined} maxLength={500} />
            )}
          </Field>
        )}
        {error ? (
          <p role="alert" className="whitespace-pre-line text-failed">
            {error}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look={danger ? 'danger' : 'primary'} type="submit" disabled={busy}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
