'use client';

import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { Button } from '@/ui/button';
import { Field, Input } from '@/ui/field';

/** Only paths of our own: a link must not send people elsewhere after they signed in. */
function nextPath(): string {
  const next = new URLSearchParams(location.search).get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

export function LoginForm() {
  const t = useTranslations('login');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await fetch('/api/auth/sign-in/email', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: form.get('email'), password: form.get('password') }),
      });
      if (answer.ok) {
        location.assign(nextPath());
        return;
      }
      setProblem(t(answer.status === 429 ? 'tooMany' : answer.status >= 500 ? 'unavailable' : 'wrong'));
    } catch {
      setProblem(t('unavailable'));
    }
    setBusy(false);
  }

  return (
    <form method="post" onSubmit={submit} className="grid gap-4">
      <Field label={t('email')}>
        {(id) => <Input id={id} name="email" type="email" autoComplete="username" required />}
      </Field>
      <Field label={t('password')} error={problem}>
        {(id) => <Input id={id} name="password" type="password" autoComplete="current-password" required />}
      </Field>
      <Button look="primary" type="submit" disabled={busy} className="justify-center">
        {busy ? t('busy') : t('submit')}
      </Button>
    </form>
  );
}
