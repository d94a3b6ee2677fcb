'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { dateTime } from '@/lib/format';
import { listSubjects } from '@/lib/list-words';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Field, Input, Select } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { effectTones } from './lists';

type Subject = (typeof listSubjects)[number];

/** "Is this payer on any list?" Ranges of addresses and prefixes of cards count. */
export function FindListed() {
  const t = useTranslations('lists');
  const trpc = useTrpc();
  const [asked, setAsked] = useState<{ subject: Subject; value: string }>();
  const query = useQuery(
    trpc.lists.find.queryOptions(asked ?? { subject: 'payer', value: '-' }, {
      enabled: asked !== undefined,
      staleTime: 0,
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const value = String(form.get('value') ?? '').trim();
    const subject = listSubjects.find((one) => one === form.get('subject'));
    if (value && subject) setAsked({ subject, value });
  };
  return (
    <section aria-label={t('find')}>
      <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
        <Field label={t('subject')}>
          {(id) => (
            <Select id={id} name="subject" defaultValue="payer">
              {listSubjects.map((one) => (
                <option key={one} value={one}>
                  {t(`subjects.${one}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <div className="w-72 max-w-full">
          <Field label={t('findValue')}>{(id) => <Input id={id} name="value" required maxLength={200} />}</Field>
        </div>
        <Button type="submit">{t('find')}</Button>
      </form>
      {asked ? (
        <div className="mt-2" aria-live="polite">
          <Loaded query={query}>
            {(hits) =>
              hits.length === 0 ? (
                <p className="text-muted">{t('onNone', { value: asked.value })}</p>
              ) : (
                <ul className="grid gap-1">
                  {hits.map((hit) => (
                    <Hit key={hit.list + hit.value} hit={hit} />
                  ))}
                </ul>
              )
            }
          </Loaded>
        </div>
      ) : null}
    </section>
  );
}

function Hit({ hit }: { hit: Outputs['lists']['find'][number] }) {
  const t = useTranslations('lists');
  return (
    <li className="flex flex-wrap items-center gap-2">
      <Chip tone={effectTones[hit.effect]}>{t(`effects.${hit.effect}`)}</Chip>
      <span className="font-medium">{hit.list}</span>
      <span className="font-mono text-xs">{hit.value}</span>
      <span className="text-muted">{hit.reason}</span>
      <span className="text-xs text-subtle">
        {hit.expiresAt ? t('untilTime', { time: dateTime(hit.expiresAt) }) : t('forever')}
      </span>
    </li>
  );
}
