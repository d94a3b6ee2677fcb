'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Section, Table, Td, Th } from '@/ui/table';

const names = ['merchant', 'payer', 'ip', 'device'] as const;

/** Who is blocked, why, by whom and until when. */
export function BlockLists() {
  const t = useTranslations('limits');
  const { may } = useMe();
  const trpc = useTrpc();
  const [list, setList] = useQueryState('list', parseAsStringLiteral(names).withDefault('payer'));
  const [removing, setRemoving] = useState<string>();
  const query = useQuery(trpc.limits.entries.queryOptions({ list }));
  return (
    <Section
      title={t('lists')}
      actions={
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">{t('lists')}</legend>
          {names.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={list === one}
              onClick={() => void setList(one)}
              className={`h-7 rounded-full border px-2.5 text-xs ${list === one ? 'border-primary bg-processing-bg text-processing' : 'text-muted hover:text-fg'}`}
            >
              {t(`scopes.${one}`)}
            </button>
          ))}
        </fieldset>
      }
    >
      {may('risk.write') ? <BlockForm list={list} /> : null}
      <Loaded query={query}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty title={t('noEntries')} />
          ) : (
            <Table
              label={t('lists')}
              head={
                <>
                  {[t('value'), t('reason'), t('by'), t('since'), t('until')].map((name) => (
                    <Th key={name}>{name}</Th>
                  ))}
                  <Th>
                    <span className="sr-only">{t('act')}</span>
                  </Th>
                </>
              }
            >
              {entries.map((entry) => (
                <tr key={entry.value} className="border-b">
                  <Td className="font-mono text-xs break-all">{entry.value}</Td>
                  <Td>{entry.reason}</Td>
                  <Td>{entry.createdBy}</Td>
                  <Td className="whitespace-nowrap text-muted">{dateTime(entry.createdAt)}</Td>
                  <Td className="whitespace-nowrap">{entry.expiresAt ? dateTime(entry.expiresAt) : t('forever')}</Td>
                  <Td className="text-right">
                    {may('risk.write') ? (
                      <Button look="quiet" onClick={() => setRemoving(entry.value)}>
                        {t('unblock')}
                      </Button>
                    ) : null}
                  </Td>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
      {removing === undefined ? null : <Unblock list={list} value={removing} onClose={() => setRemoving(undefined)} />}
    </Section>
  );
}

type List = (typeof names)[number];

function BlockForm({ list }: { list: List }) {
  const t = useTranslations('limits');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const block = useMutation(
    trpc.limits.block.mutationOptions({
      onSuccess: () => {
        toast.success(t('blocked'));
        return queries.invalidateQueries({ queryKey: trpc.limits.entries.queryKey({ list }) });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const read = (name: string) => String(data.get(name) ?? '').trim();
    block.mutate(
      { list, value: read('value'), reason: read('reason'), days: read('days') ? Number(read('days')) : null },
      { onSuccess: () => form.reset() },
    );
  };
  return (
    <form onSubmit={submit} className="mb-4 grid grid-cols-2 items-end gap-2 md:grid-cols-[2fr_3fr_1fr_auto]">
      <Field label={t('valueOf', { list: t(`scopes.${list}`) })} error={block.error?.message}>
        {(id) => <Input id={id} name="value" required maxLength={128} />}
      </Field>
      <Field label={t('reason')}>{(id) => <Input id={id} name="reason" required maxLength={200} />}</Field>
      <Field label={t('howLong')}>
        {(id) => (
          <Select id={id} name="days" defaultValue="30">
            {[1, 7, 30, 365].map((days) => (
              <option key={days} value={days}>
                {t('days', { days })}
              </option>
            ))}
            <option value="">{t('forever')}</option>
          </Select>
        )}
      </Field>
      <Button look="danger" type="submit" disabled={block.isPending} className="justify-center">
        {t('block')}
      </Button>
    </form>
  );
}

function Unblock({ list, value, onClose }: { list: List; value: string; onClose: () => void }) {
  const t = useTranslations('limits');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const unblock = useMutation(
    trpc.limits.unblock.mutationOptions({
      onSuccess: async () => {
        toast.success(t('unblocked'));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.limits.entries.queryKey({ list }) });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    unblock.mutate({ list, value, reason: String(new FormData(event.currentTarget).get('reason') ?? '').trim() });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t('unblockTitle', { value })}
      description={t('unblockEffect')}
    >
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('reason')} error={unblock.error?.message}>
          {(id) => <Input id={id} name="reason" required maxLength={200} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={unblock.isPending}>
            {t('unblock')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
