'use client';

import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { type Proposal, Propose } from '@/changes/propose';
import { listEffects, listSubjects } from '@/lib/list-words';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';

/** A list of our own: what it holds and what being on it means. A definition is configuration, so it is a change. */
export function NewList({ onClose }: { onClose: () => void }) {
  const t = useTranslations('lists');
  const [proposal, setProposal] = useState<Proposal>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? '').trim();
    setProposal({
      title: t('newTitle', { name: read('name') }),
      items: [
        {
          kind: 'list',
          objectId: read('id'),
          baseVersion: 0,
          document: {
            id: read('id'),
            name: read('name'),
            subject: read('subject'),
            effect: read('effect'),
            ...(read('description') ? { description: read('description') } : {}),
          },
        },
      ],
    });
  };
  if (proposal) return <Propose proposal={proposal} onBack={() => setProposal(undefined)} onClose={onClose} />;
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={t('newList')} description={t('newHint')}>
      <form onSubmit={submit} className="grid gap-4">
        <div className="grid grid-cols-2 gap-3">
          <Field label="ID">
            {(id) => <Input id={id} name="id" required pattern="[a-z][a-z0-9_\-]{1,47}" placeholder="vip-payers" />}
          </Field>
          <Field label={t('name')}>{(id) => <Input id={id} name="name" required maxLength={80} />}</Field>
          <Field label={t('subject')}>
            {(id) => (
              <Select id={id} name="subject">
                {listSubjects.map((one) => (
                  <option key={one} value={one}>
                    {t(`subjects.${one}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('effect')}>
            {(id) => (
              <Select id={id} name="effect">
                {listEffects.map((one) => (
                  <option key={one} value={one}>
                    {t(`effects.${one}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <Field label={t('description')}>{(id) => <Input id={id} name="description" maxLength={300} />}</Field>
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
