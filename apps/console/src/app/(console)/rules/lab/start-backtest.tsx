'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Field, Select } from '@/ui/field';

const hourMs = 3_600_000;
const windows = [1, 24, 168, 720] as const;
const sizes = [2_000, 20_000, 100_000] as const;

/** What is tried, on which payments: a change's rules or a version, a window, a sample. Says first how many there are. */
export function StartBacktest({
  kind,
  changeId,
  onStarted,
}: {
  kind: 'risk' | 'routing';
  changeId: string | null;
  onStarted: (id: string) => void;
}) {
  const t = useTranslations('lab');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [hours, setHours] = useState<number>(24);
  // Fixed while the form stands, so that counting and starting are about the same payments.
  const [now] = useState(() => Date.now());
  const from = now - hours * hourMs;
  const count = useQuery(trpc.lab.window.queryOptions({ from, to: now }));
  const rules = useQuery(trpc.rules[kind].get.queryOptions());
  const changes = useQuery(trpc.changes.list.queryOptions({ show: 'all' }, { enabled: may('changes.read') }));
  const start = useMutation(
    trpc.lab.startBacktest.mutationOptions({
      onSuccess: async ({ id }) => {
        onStarted(id);
        await queries.invalidateQueries({ queryKey: trpc.lab.pathKey() });
      },
    }),
  );
  const open = (changes.data?.changes ?? []).filter((one) => one.refs.includes(`${kind}/main`));
  // Until then there is nothing to choose, and what is chosen by default may still change.
  const isReady = rules.data !== undefined && !changes.isLoading;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [what = '', id = ''] = String(form.get('subject')).split(':');
    const size = Number(form.get('sample'));
    start.mutate({
      kind,
      subject: what === 'change' ? { from: 'change', changeId: id } : { from: 'version', version: Number(id) },
      baseline: form.get('baseline') === 'published' ? 'published' : 'recorded',
      from,
      to: now,
      sample: size === 0 ? { kind: 'all' } : { kind: 'stratified', size },
    });
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-2 items-end gap-2 lg:grid-cols-[2fr_1fr_1fr_1fr_auto]">
      <Field label={t('subject')}>
        {(id) => (
          <Select id={id} name="subject" defaultValue={changeId ? `change:${changeId}` : undefined}>
            {changeId && !open.some((one) => one.id === changeId) ? (
              <option value={`change:${changeId}`}>{t('subjects.change', { id: changeId.slice(-8) })}</option>
            ) : null}
            {open.map((one) => (
              <option key={one.id} value={`change:${one.id}`}>
                {one.title}
              </option>
            ))}
            {rules.data?.versions.map(({ version, note }) => (
              <option key={version} value={`version:${version}`}>
                v{version} {note.slice(0, 40)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={t('window')}>
        {(id) => (
          <Select id={id} value={hours} onChange={(event) => setHours(Number(event.target.value))}>
            {windows.map((one) => (
              <option key={one} value={one}>
                {t(`windows.${one}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={count.data ? t('sampleOf', { count: count.data.payments }) : t('sample')}>
        {(id) => (
          <Select id={id} name="sample" defaultValue={20_000}>
            {sizes.map((size) => (
              <option key={size} value={size}>
                {t('sampleSize', { size })}
              </option>
            ))}
            <option value={0}>{t('sampleAll')}</option>
          </Select>
        )}
      </Field>
      <Field label={t('baseline')} error={start.error?.message}>
        {(id) => (
          <Select id={id} name="baseline">
            <option value="recorded">{t('baselines.recorded')}</option>
            <option value="published">{t('baselines.published')}</option>
          </Select>
        )}
      </Field>
      <Button look="primary" type="submit" disabled={start.isPending || !isReady || count.data?.payments === 0}>
        {t('start')}
      </Button>
      {count.data?.payments === 0 ? <p className="col-span-full text-muted">{t('noPayments')}</p> : null}
    </form>
  );
}
