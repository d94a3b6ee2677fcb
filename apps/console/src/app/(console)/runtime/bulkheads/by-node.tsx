import { useTranslations } from 'next-intl';
import { duration } from '@/lib/format';
import { Chip } from '@/ui/chip';
import { Table, Td, Th } from '@/ui/table';
import { type Board, breakerTones } from './bulkheads';

/** Each compartment on each node, with what a node that says nothing was last heard of. */
export function ByNode({ board }: { board: Board }) {
  const t = useTranslations('bulkheads');
  return (
    <Table
      wide={board.nodes.length > 2}
      label={t('byNode')}
      head={[
        <Th key="compartment">{t('compartment')}</Th>,
        ...board.nodes.map(({ id, role, missing, silentMs }) => (
          <Th key={id} className={missing ? 'text-failed' : ''}>
            {id} <span className="font-normal text-subtle">{role}</span>
            {missing ? ` · ${t('missing', { time: duration(silentMs) })}` : ''}
          </Th>
        )),
      ]}
    >
      {board.compartments.map(({ channelId, channelName, group, nodes }) => (
        <tr key={`${channelId}|${group}`} className="border-b">
          <Td className="whitespace-nowrap">
            {channelName} <span className="text-muted">{t(`groups.${group}`)}</span>
          </Td>
          {board.nodes.map((node) => {
            const own = nodes.find(({ nodeId }) => nodeId === node.id);
            if (!own)
              return (
                <Td key={node.id} className="text-subtle">
                  {t('unknown')}
                </Td>
              );
            return (
              <Td key={node.id} className="whitespace-nowrap">
                {own.active}
                <span className="text-subtle"> / {own.maxConcurrent}</span>
                {own.queued > 0 ? <span className="text-warn"> +{own.queued}</span> : null}
                {own.p99Ms === null ? null : <span className="text-muted"> · P99 {duration(own.p99Ms)}</span>}{' '}
                {own.breaker.state === 'closed' ? null : (
                  <Chip tone={breakerTones[own.breaker.state]}>{t(`breakers.${own.breaker.state}`)}</Chip>
                )}
              </Td>
            );
          })}
        </tr>
      ))}
    </Table>
  );
}
