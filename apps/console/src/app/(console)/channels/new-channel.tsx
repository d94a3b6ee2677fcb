'use client';

import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { type Proposal, Propose } from '@/changes/propose';
import { useMe } from '@/lib/session';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';

/** Begins a channel: which code speaks for it, and where it stands. How it is treated starts with defaults. */
export function NewChannel({ adapters }: { adapters: string[] }) {
  const t = useTranslations('channels');
  const { may } = useMe();
  const [isOpen, setIsOpen] = useState(false);
  const [proposal, setProposal] = useState<Proposal>();
  const close = () => {
    setIsOpen(false);
    setProposal(undefined);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const id = text('id');
    setProposal({
      title: t('newTitle', { name: text('name') }),
      items: [
        {
          kind: 'channel',
          objectId: id,
          baseVersion: 0,
          document: {
            id,
            name: text('name'),
            adapter: text('adapter'),
            priority: Number(text('priority')),
            feeBps: Number(text('feeBps')),
          },
        },
      ],
    });
  };
  if (!may('channels.write')) return null;
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>{t('new')}</Button>
      {proposal ? (
        <Propose proposal={proposal} onBack={() => setProposal(undefined)} onClose={close} />
      ) : (
        <Dialog open={isOpen} onClose={close} closeLabel={t('cancel')} title={t('new')} description={t('newLead')}>
          <form onSubmit={submit} className="grid gap-3">
            <Field label={t('newId')}>
              {(id) => (
                <Input
                  id={id}
                  name="id"
                  required
                  pattern="[a-z][a-z0-9._\-]*"
                  maxLength={64}
                  autoComplete="off"
                  spellCheck={false}
                />
              )}
            </Field>
            <Field label={t('newName')}>{(id) => <Input id={id} name="name" required maxLength={80} />}</Field>
            <Field label={t('adapter')}>
              {(id) => (
                <Select id={id} name="adapter">
                  {adapters.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </Select>
              )}
            </Field>
            <div className="grid grid-cols-2 gap-3">
              <Field label={t('priority')}>
                {(id) => (
                  <Input id={id} name="priority" type="number" min={0} max={100_000} defaultValue={100} required />
                )}
              </Field>
              <Field label={t('feeBps')}>
                {(id) => <Input id={id} name="feeBps" type="number" min={0} max={10_000} defaultValue={60} required />}
              </Field>
            </div>
            <div className="mt-2 flex justify-end gap-2">
              <Button onClick={close}>{t('cancel')}</Button>
              <Button look="primary" type="submit">
                {t('propose')}
              </Button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}
