'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { parseAsString, useQueryState } from 'nuqs';
import { dateTime } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip, type Tone } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Section, Table, Td, Th } from '@/ui/table';
import { OneBacktest } from './one-backtest';
import { StartBacktest } from './start-backtest';

export type Run = Outputs['lab']['backtests']['runs'][number];

export const runTones: Readonly<Record<Run['state'], Tone>> = {
  running: 'processing',
  finished: 'success',
  cancelled: 'closed',
  failed: 'failed',
  lost: 'warn',
};

/** Rules tried on payments of the past: begin one, look at one, and what was tried before. */
export function Backtests({ kind, changeId }: { kind: 'risk' | 'routing'; changeId: string | null }) {
  const t = useTranslations('lab');
  const { may } = useMe();
  const [run, setRun] = useQueryState('run', parseAsString);
  const query = useQuery(
    useTrpc().lab.backtests.queryOptions(
      { kind },
      { refetchInterval: ({ state }) => (state.data?.runs.some((one) => one.state === 'running') ? 1_500 : false) },
    ),
  );
  return (
    <>
      {may('lab.run') ? <StartBacktest kind={kind} changeId={changeId} onStarted={(id) => void setRun(id)} /> : null}
      {run ? <OneBacktest key={run} id={run} onClose={() => void setRun(null)} /> : null}
      <Section title={t('runs')}>
        <Loaded query={query}>
          {({ runs }) =>
            runs.length === 0 ? (
              <Empty title={t('noRuns')}>{t('noRunsHint')}</Empty>
            ) : (
              <Table
                wide
                label={t('runs')}
                head={
                  <>
                    {[t('state'), t('subject'), t('window'), t('looked'), t('by'), t('when')].map((name) => (
                      <Th key={name}>{name}</Th>
                    ))}
                    <Th>
                      <span className="sr-only">{t('act')}</span>
                    </Th>
                  </>
                }
              >
                {runs.map((one) => (
                  <tr key={one.id} className={`border-b ${one.id === run ? 'bg-processing-bg' : ''}`}>
                    <Td>
                      <Chip tone={runTones[one.state]}>{t(`states.${one.state}`)}</Chip>
                    </Td>
                    <Td>
                      <Subject run={one} />
                    </Td>
                    <Td className="whitespace-nowrap text-xs">
                      {dateTime(one.from)} – {dateTime(one.to)}
                    </Td>
                    <Td>
                      {one.done}
                      {one.total === null ? '' : ` / ${one.total}`}
                    </Td>
                    <Td>{one.createdBy}</Td>
                    <Td className="whitespace-nowrap text-muted">{dateTime(one.createdAt)}</Td>
                    <Td className="text-right">
                      <Button look="quiet" onClick={() => void setRun(one.id)}>
                        {t('open')}
                      </Button>
                    </Td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Loaded>
      </Section>
    </>
  );
}

export function Subject({ run }: { run: Pick<Run, 'subject' | 'contentHash'> }) {
  const t = useTranslations('lab');
  const { subject } = run;
  return (
    <>
      {subject.from === 'version'
        ? t('subjects.version', { version: subject.version })
        : subject.from === 'change'
          ? t('subjects.change', { id: subject.changeId.slice(-8) })
          : t('subjects.document')}{' '}
      <span className="font-mono text-xs text-subtle">{run.contentHash.slice(0, 8)}</span>
    </>
  );
}
