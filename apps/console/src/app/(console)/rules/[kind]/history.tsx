'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { Propose } from '@/changes/propose';
import { changeTones } from '@/changes/status';
import { dateTime } from '@/lib/format';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Section, Table, Td, Th } from '@/ui/table';
import type { Kind } from './rules';

type Version = Outputs['rules']['risk']['get']['versions'][number];

const tones = { published: 'success', canary: 'warn', superseded: 'closed', unpublished: 'pending' } as const;

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
  const changes = useTranslations('changes');
  const [back, setBack] = useState<number>();
  return (
    <Section title={t('history')}>
      <Table
        cards
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
            <Td label={t('state')}>
              <span className="flex flex-wrap gap-1">
                <Chip tone={tones[one.status]}>{t(`states.${one.status}`)}</Chip>
                {one.changeStatus === 'rolled_back' || one.changeStatus === 'watching' ? (
                  <Chip tone={changeTones[one.changeStatus]}>{changes(`states.${one.changeStatus}`)}</Chip>
                ) : null}
              </span>
            </Td>
            <Td label={t('note')}>
              {one.changeId ? (
                <Link href={`/changes/${one.changeId}`} className="text-primary hover:underline">
                  {one.note || one.changeId}
                </Link>
              ) : (
                <span>{one.note || '—'}</span>
              )}
            </Td>
            <Td label={t('author')} title={one.contentHash}>
              <span>{one.createdBy}</span>
            </Td>
            <Td label={t('when')} className="whitespace-nowrap">
              <span>{dateTime(one.publishedAt ?? one.createdAt)}</span>
            </Td>
            <Td className="text-right whitespace-nowrap">
              {mayWrite && one.status === 'superseded' ? (
                <>
                  <Button look="quiet" onClick={() => setBack(one.version)}>
                    {t('rollback')}
                  </Button>
                  <Button look="quiet" onClick={() => onEdit(one.version)}>
                    {t('copyAndEdit')}
                  </Button>
                </>
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
        <GoBack kind={kind} version={back} active={active} onClose={() => setBack(undefined)} />
      )}
    </Section>
  );
}

/** Going back is a change like any other: the old document, written on what is live. */
function GoBack({
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
  const target = useQuery(useTrpc().rules[kind].version.queryOptions({ version }));
  if (!target.data) return null;
  return (
    <Propose
      proposal={{
        title: t('backTitle', { kind: t(`title.${kind}`), version }),
        items: [{ kind, objectId: 'main', document: target.data.document, baseVersion: active }],
      }}
      onBack={onClose}
      onClose={onClose}
    />
  );
}
