'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { dateTime, duration } from '@/lib/format';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Page, Section, Table, Td, Th } from '@/ui/table';
import { NodeReads } from './node-reads';

const silentMs = 10_000;
const megabyte = 1_048_576;

/** Who runs, in which role, and which configuration each really has. */
export function Nodes() {
  const t = useTranslations('nodes');
  const query = useQuery(useTrpc().nodes.list.queryOptions(undefined, { refetchInterval: 2_000 }));
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {({ nodes, publishedVersion, publishedAt, now }) => {
          const alive = nodes.filter((node) => now - node.lastSeenAt <= silentMs);
          const arrived = alive.filter((node) => stateOf(node, publishedVersion, now) === 'current');
          return (
            <>
              <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-1" aria-live="polite">
                <Chip large tone={arrived.length === alive.length && alive.length > 0 ? 'success' : 'warn'}>
                  {t('convergence', { arrived: arrived.length, alive: alive.length })}
                </Chip>
                <span className="text-muted">
                  {t('published', { version: publishedVersion })}
                  {publishedAt ? ` · ${dateTime(publishedAt)}` : ''}
                </span>
              </div>
              <Table
                wide
                label={t('title')}
                head={[
                  t('node'),
                  t('role'),
                  t('state'),
                  t('config'),
                  t('risk'),
                  t('routing'),
                  t('differs'),
                  t('requests'),
                  t('memory'),
                  t('loop'),
                  t('started'),
                  t('seen'),
                ].map((name) => <Th key={name}>{name}</Th>)}
              >
                {nodes.map((node) => (
                  <NodeRow key={node.id} node={node} published={publishedVersion} publishedAt={publishedAt} now={now} />
                ))}
              </Table>
              <Section title={t('reads.title')}>
                <NodeReads nodes={alive} />
              </Section>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

type Node = Outputs['nodes']['list']['nodes'][number];

type State = 'silent' | 'draining' | 'faulty' | 'behind' | 'current';

/**
 * A node that says nothing is silent; one that is told to stop finishes what it has; one with faulty documents runs older
 * ones; one that lags has not arrived yet.
 */
function stateOf(node: Node, published: string, now: number): State {
  if (now - node.lastSeenAt > silentMs) return 'silent';
  if (node.load.draining) return 'draining';
  if (node.errors.length > 0) return 'faulty';
  return node.behind.length > 0 || node.configVersion !== published ? 'behind' : 'current';
}

const tones = { silent: 'failed', draining: 'closed', faulty: 'failed', behind: 'warn', current: 'success' } as const;

function NodeRow({
  node,
  published,
  publishedAt,
  now,
}: {
  node: Node;
  published: string;
  publishedAt: number | null;
  now: number;
}) {
  const t = useTranslations('nodes');
  const state = stateOf(node, published, now);
  const { load } = node;
  return (
    <tr className="border-b align-top">
      <Td>
        {node.id} <span className="text-xs text-subtle">pid {node.pid}</span>
      </Td>
      <Td>{node.role}</Td>
      <Td>
        <Chip tone={tones[state]}>{t(state)}</Chip>
      </Td>
      <Td>
        {node.configVersion}
        {state === 'behind' && publishedAt ? (
          <span className="block text-xs text-warn">
            {t('lag', { time: duration(Math.max(0, now - publishedAt)) })}
          </span>
        ) : null}
      </Td>
      <Td>v{node.riskVersion}</Td>
      <Td>v{node.routeVersion}</Td>
      <Td className="text-xs">
        {node.behind.map((one) => (
          <span key={one.ref} className="block">
            <span className="font-mono">{one.ref}</span> {t('runs', { running: one.running, published: one.published })}
          </span>
        ))}
        {node.errors.map((one) => (
          <span key={one.ref} className="block text-failed">
            <span className="font-mono">{one.ref}</span> v{one.version}: {one.message}
          </span>
        ))}
        {node.behind.length + node.errors.length === 0 ? <span className="text-subtle">—</span> : null}
      </Td>
      <Td className="whitespace-nowrap">
        {load.requestsPerSecond === undefined ? '—' : t('perSecond', { rate: load.requestsPerSecond.toFixed(1) })}
        {load.inFlight ? (
          <span className="block text-xs text-subtle">{t('inFlight', { count: load.inFlight })}</span>
        ) : null}
      </Td>
      <Td className="whitespace-nowrap">
        {load.rssBytes === undefined ? '—' : `${Math.round(load.rssBytes / megabyte)} MB`}
        {load.heapBytes === undefined ? null : (
          <span className="block text-xs text-subtle">{t('heap', { mb: Math.round(load.heapBytes / megabyte) })}</span>
        )}
      </Td>
      <Td>{node.loopDelayMs.toFixed(1)} ms</Td>
      <Td className="whitespace-nowrap">{dateTime(node.startedAt)}</Td>
      <Td className="whitespace-nowrap">{t('ago', { time: duration(Math.max(0, now - node.lastSeenAt)) })}</Td>
    </tr>
  );
}
