'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { dateTime, duration } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip, type Tone } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page, Section, Table, Td, Th } from '@/ui/table';
import { ChangeCount } from './change-count';
import { Dynamic } from './dynamic';
import { Lanes } from './lanes';
import { ShardDialog, type ShardWish } from './shard-dialog';
import { ShardOrders } from './shard-orders';

export type ShardList = Outputs['shards']['list'];
export type Shard = ShardList['shards'][number];

const tones: Readonly<Record<Shard['state'], Tone>> = {
  running: 'success',
  waiting: 'warn',
  paused: 'closed',
  lost: 'failed',
};

/** Where open orders wait, how old the oldest is, and who works them. */
export function Shards() {
  const t = useTranslations('shards');
  const { may } = useMe();
  const query = useQuery(useTrpc().shards.list.queryOptions(undefined, { refetchInterval: 3_000 }));
  const [cutting, setCutting] = useState(false);
  const [wish, setWish] = useState<ShardWish>();
  const [seen, setSeen] = useState<Shard>();
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {(list) => (
          <>
            <Lanes list={list} />
            <Section
              title={t('shards', { count: list.count })}
              actions={
                may('shards.act') ? <Button onClick={() => setCutting(true)}>{t('changeCount')}</Button> : undefined
              }
            >
              <p className="mb-2 text-muted">
                {t('changed', { who: list.changedBy, at: dateTime(list.changedAt), generation: list.generation })}{' '}
                {list.reason}
              </p>
              <Dynamic list={list} act={may('shards.act')} />
              <Grid list={list} act={may('shards.act')} onWish={setWish} onSeen={setSeen} />
            </Section>
            <Section title={t('workers')}>
              <Workers list={list} />
            </Section>
            {cutting ? <ChangeCount list={list} onClose={() => setCutting(false)} /> : null}
            {wish ? <ShardDialog wish={wish} workers={list.workers} onClose={() => setWish(undefined)} /> : null}
            {seen ? <ShardOrders shard={seen} onClose={() => setSeen(undefined)} /> : null}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Grid({
  list,
  act,
  onWish,
  onSeen,
}: {
  list: ShardList;
  act: boolean;
  onWish: (wish: ShardWish) => void;
  onSeen: (shard: Shard) => void;
}) {
  const t = useTranslations('shards');
  return (
    <Table
      cards
      label={t('title')}
      head={
        <>
          <Th>{t('shard')}</Th>
          <Th>{t('state')}</Th>
          <Th>{t('node')}</Th>
          <Th className="text-right">{t('open')}</Th>
          <Th className="text-right">{t('overdue')}</Th>
          <Th className="text-right">{t('oldest')}</Th>
          <Th>{t('since')}</Th>
          <Th>
            <span className="sr-only">{t('act')}</span>
          </Th>
        </>
      }
    >
      {list.shards.map((one) => (
        <tr key={one.shard} className="border-b">
          <Td label={t('shard')}>
            <span className="font-mono">{one.shard}</span>{' '}
            <span className="text-xs text-subtle">
              {one.logical.first}–{one.logical.last}
            </span>
          </Td>
          <Td label={t('state')}>
            <Chip tone={tones[one.state]}>{t(`states.${one.state}`)}</Chip>
            {one.state === 'paused' ? (
              <span className="ml-2 text-xs text-muted">
                {t('pausedBecause', { who: one.pausedBy ?? '', reason: one.pausedReason ?? '' })}
              </span>
            ) : null}
          </Td>
          <Td label={t('node')} className="font-mono text-xs">
            {one.node ?? '—'}
            {one.pinnedTo === null ? null : <span className="ml-1 text-muted">{t('pinned')}</span>}
          </Td>
          <Td label={t('open')} className="text-right">
            {one.open}
          </Td>
          <Td label={t('overdue')} className="text-right">
            {one.overdue}
          </Td>
          <Td label={t('oldest')} className="text-right whitespace-nowrap">
            {one.oldestMs === null ? '—' : duration(one.oldestMs)}
          </Td>
          <Td label={t('since')} className="whitespace-nowrap text-muted">
            {one.acquiredAt === null ? '—' : dateTime(one.acquiredAt)}
          </Td>
          <Td className="text-right whitespace-nowrap">
            <Button look="quiet" onClick={() => onSeen(one)}>
              {t('orders')}
            </Button>
            {act ? (
              <>
                <Button
                  look="quiet"
                  onClick={() => onWish({ act: one.state === 'paused' ? 'resume' : 'pause', shard: one.shard })}
                >
                  {t(one.state === 'paused' ? 'resume' : 'pause')}
                </Button>
                <Button
                  look="quiet"
                  disabled={list.workers.length < 2 && one.pinnedTo === null}
                  title={list.workers.length < 2 ? t('oneWorker') : undefined}
                  onClick={() => onWish({ act: 'pin', shard: one.shard })}
                >
                  {t('move')}
                </Button>
              </>
            ) : null}
          </Td>
        </tr>
      ))}
    </Table>
  );
}

function Workers({ list }: { list: ShardList }) {
  const t = useTranslations('shards');
  if (list.workers.length === 0) return <Empty title={t('noWorkers')}>{t('noWorkersHint')}</Empty>;
  return (
    <Table
      cards
      label={t('workers')}
      head={[t('node'), t('shardsOf'), t('inHand'), t('memory'), t('queue'), t('seen')].map((name) => (
        <Th key={name}>{name}</Th>
      ))}
    >
      {list.workers.map((one) => (
        <tr key={`${one.node} ${one.startedAt}`} className="border-b">
          <Td label={t('node')} className="font-mono text-xs">
            <Link href="/nodes" className="text-primary hover:underline">
              {one.node}
            </Link>
          </Td>
          <Td label={t('shardsOf')}>{one.shards}</Td>
          <Td label={t('inHand')}>{one.stats.inHand ?? '—'}</Td>
          <Td label={t('memory')}>{one.stats.memory?.depth ?? '—'}</Td>
          <Td label={t('queue')}>{one.stats.shardQueue?.depth ?? '—'}</Td>
          <Td label={t('seen')} className="whitespace-nowrap">
            {t('ago', { time: duration(Math.max(0, list.now - one.seenAt)) })}
          </Td>
        </tr>
      ))}
    </Table>
  );
}
