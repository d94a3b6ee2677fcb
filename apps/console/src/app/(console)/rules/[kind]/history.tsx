'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLocale, useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { dateTime } from '@/lib/format';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Section, Table, Td, Th } from '@/ui/table';
import type { Kind } from './rules';

type Version = Outputs['rules']['risk']['get']['versions'][number];

/** Every version that was ever saved. Going back publishes an old one anew: history is never rewritten. */
export function History({
  kind,
  versions,
  shown,
  active,
  mayWrite,
  onShow,
  onCompare,
  onEdit,
}: {
  kind: Kind;
  versions: Version[];
  shown: number;
  active: number;
  mayWrite: boolean;
  onShow: (version: number) => void;
  onCompare: (version: number) => void;
  onEdit: (version: number) => void;
}) {
  const t = useTranslations('rules');
  const [back, setBack] = useState<number>();
  return (
    <Section title={t('history')}>
      <Table
        wide
        label={t('history')}
        head={
          <>
            {[t('versionHead'), t('state'), t('note'), t('author'), t('when')].map((name) => (
              <Th key={name}>{name}</Th>
            ))}
            <Th>
              <span className="sr-only">{t('act')}</span>
            </Th>
          </>
        }
      >
        {versions.map((one) => (
          <tr key={one.version} className={`border-b ${one.version === shown ? 'bg-surface' : ''}`}>
            <Td className="font-medium">v{one.version}</Td>
            <Td>
              <Chip tone={one.status === 'published' ? 'success' : one.status === 'draft' ? 'pending' : 'closed'}>
                {t(`states.${one.status}`)}
              </Chip>
            </Td>
            <Td>{one.note || '—'}</Td>
            <Td title={one.contentHash}>{one.createdBy}</Td>
            <Td className="whitespace-nowrap">{dateTime(one.publishedAt ?? one.createdAt)}</Td>
            <Td className="text-right whitespace-nowrap">
              {mayWrite && one.status === 'draft' ? (
                <Button look="quiet" onClick={() => onEdit(one.version)}>
                  {t('continueDraft')}
                </Button>
              ) : null}
              {mayWrite && one.status === 'superseded' ? (
                <Button look="quiet" onClick={() => setBack(one.version)}>
                  {t('rollback')}
                </Button>
              ) : null}
              {one.version === shown ? null : (
                <Button look="quiet" onClick={() => onCompare(one.version)}>
                  {t('compare')}
                </Button>
              )}
              <Button look="quiet" onClick={() => onShow(one.version)}>
                {t('show')}
              </Button>
            </Td>
          </tr>
        ))}
      </Table>
      {back === undefined ? null : (
        <Rollback kind={kind} version={back} active={active} onClose={() => setBack(undefined)} />
      )}
    </Section>
  );
}

function Rollback({
  kind,
  version,
  active,
  onClose,
}: {
  kind: Kind;
  version: number;
  active: number;
  onClose: () => void;
}) {
  const t = useTranslations('rules');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  const trpc = useTrpc();
  const queries = useQueryClient();
  const target = useQuery(trpc.rules[kind].version.queryOptions({ version }));
  const rollback = useMutation(
    trpc.rules[kind].rollback.mutationOptions({
      onSuccess: async (draft) => {
        toast.success(t('published', { version: draft.version }));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.rules[kind].pathKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '').trim();
    rollback.mutate({ toVersion: version, baseVersion: active, reason });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('close')}
      title={t('rollbackTitle', { version })}
      description={t('rollbackEffect', { version, active })}
    >
      <Loaded query={target}>
        {({ changesFromActive }) =>
          changesFromActive.length === 0 ? (
            <p className="mb-4 text-muted">{t('sameAsActive')}</p>
          ) : (
            <ul className="mb-4 list-disc pl-5">
              {changesFromActive.map(({ words }) => (
                <li key={words.en}>{words[locale]}</li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <form onSubmit={submit} className="grid gap-4">
        <Field label={t('rollbackReason')} error={rollback.error?.message}>
          {(id) => <Input id={id} name="reason" required minLength={3} maxLength={500} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="danger" type="submit" disabled={rollback.isPending}>
            {t('rollbackNow', { version })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
