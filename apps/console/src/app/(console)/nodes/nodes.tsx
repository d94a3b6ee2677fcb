'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { dateTime, duration } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Page, Table, Td, Th } from '@/ui/table';

const silentMs = 10_000;

/** Who runs, in which role, and which configuration each really has. */
export function Nodes() {
  const t = useTranslations('nodes');
  const query = useQuery(useTrpc().nodes.list.queryOptions(undefined, { refetchInterval: 2_000 }));
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Loaded query={query}>
        {({ nodes, configVersion, now }) => (
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
              t('loop'),
              t('started'),
              t('seen'),
            ].map((name) => <Th key={name}>{name}</Th>)}
          >
            {nodes.map((node) => {
              const age = Math.max(0, now - node.lastSeenAt);
              const silent = age > silentMs;
              return (
                <tr key={node.id} className="border-b">
                  <Td>
                    {node.id} <span className="text-xs text-subtle">pid {node.pid}</span>
                  </Td>
                  <Td>{node.role}</Td>
                  <Td>
                    <Chip tone={silent ? 'failed' : node.configVersion === configVersion ? 'success' : 'warn'}>
                      {silent ? t('silent') : node.configVersion === configVersion ? t('current') : t('behind')}
                    </Chip>
                  </Td>
                  <Td>{node.configVersion}</Td>
                  <Td>v{node.riskVersion}</Td>
                  <Td>v{node.routeVersion}</Td>
                  <Td>{node.loopDelayMs.toFixed(1)} ms</Td>
                  <Td className="whitespace-nowrap">{dateTime(node.startedAt)}</Td>
                  <Td className="whitespace-nowrap">{t('ago', { time: duration(age) })}</Td>
                </tr>
              );
            })}
          </Table>
        )}
      </Loaded>
    </Page>
  );
}
