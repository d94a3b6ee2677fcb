import { useTranslations } from 'next-intl';
import { percent } from '@/lib/format';
import type { Outputs } from '@/lib/trpc';
import { Table, Td, Th } from '@/ui/table';

type Node = Outputs['nodes']['list']['nodes'][number];

const megabyte = 1_048_576;

/** Merchants' look-ups of the last minute on each node that answers any. */
export function NodeReads({ nodes }: { nodes: Node[] }) {
  const t = useTranslations('nodes.reads');
  const heads = ['node', 'perSecond', 'held', 'notModified', 'refused', 'cache'] as const;
  return (
    <>
      <p className="mb-3 text-muted">{t('lead')}</p>
      <Table label={t('title')} head={heads.map((name) => <Th key={name}>{t(name)}</Th>)}>
        {nodes.map(({ id, role, reads }) =>
          reads === null ? null : (
            <tr key={id} className="border-b align-top">
              <Td>
                {id} <span className="text-xs text-subtle">{role}</span>
              </Td>
              <Td label={t('perSecond')}>{reads.perSecond.toFixed(1)}</Td>
              <Td label={t('held')}>{percent(reads.held, reads.answered)}</Td>
              <Td label={t('notModified')}>{percent(reads.notModified, reads.answered)}</Td>
              <Td label={t('refused')} className={reads.refused > 0 ? 'text-warn' : ''}>
                {t('refusals', { refused: reads.refused, rateLimited: reads.rateLimited })}
              </Td>
              <Td label={t('cache')}>
                {t('size', {
                  entries: reads.entries,
                  used: (reads.bytes / megabyte).toFixed(1),
                  of: Math.round(reads.maxBytes / megabyte),
                })}
              </Td>
            </tr>
          ),
        )}
      </Table>
    </>
  );
}
