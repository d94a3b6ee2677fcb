'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Section, Table, Td, Th } from '@/ui/table';
import { CaseForm } from './case-form';

export type Case = Outputs['lab']['tests']['risk']['list'][number];

/** Cases that a rule set must pass before it may be published. */
export function TestCases({ kind }: { kind: 'risk' | 'routing' }) {
  const t = useTranslations('lab');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [editing, setEditing] = useState<Case | 'new'>();
  const query = useQuery(trpc.lab.tests[kind].list.queryOptions());
  const run = useMutation(trpc.lab.tests[kind].run.mutationOptions());
  const remove = useMutation(
    trpc.lab.tests[kind].remove.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.lab.pathKey() }),
    }),
  );
  const mayWrite = may(kind === 'risk' ? 'risk.write' : 'routing.write');
  const results = new Map((run.data?.results ?? []).map((one) => [one.id, one]));
  return (
    <Section
      title={t('cases')}
      actions={
        <>
          {run.data ? (
            <Chip tone={run.data.failed > 0 ? 'failed' : 'success'}>
              {t('ran', { passed: run.data.passed, failed: run.data.failed })}
            </Chip>
          ) : null}
          <Button onClick={() => run.mutate({})} disabled={run.isPending}>
            {t('runLive')}
          </Button>
          {mayWrite ? (
            <Button look="primary" onClick={() => setEditing('new')}>
              {t('addCase')}
            </Button>
          ) : null}
        </>
      }
    >
      {(run.error ?? remove.error) ? (
        <p role="alert" className="mb-2 text-failed">
          {(run.error ?? remove.error)?.message}
        </p>
      ) : null}
      <Loaded query={query}>
        {(cases) =>
          cases.length === 0 ? (
            <Empty title={t('noCases')}>{t('noCasesHint')}</Empty>
          ) : (
            <Table
              wide
              label={t('cases')}
              head={
                <>
                  {[t('case'), t('facts'), t('expects'), t('result')].map((name) => (
                    <Th key={name}>{name}</Th>
                  ))}
                  <Th>
                    <span className="sr-only">{t('act')}</span>
                  </Th>
                </>
              }
            >
              {cases.map((one) => {
                const result = results.get(one.id);
                return (
                  <tr key={one.id} className="border-b align-top">
                    <Td className="min-w-40 font-medium">{one.name}</Td>
                    <Td className="max-w-md font-mono text-xs break-all">{pairs(one.facts)}</Td>
                    <Td className="max-w-md font-mono text-xs break-all">{pairs(one.expect)}</Td>
                    <Td>
                      {result ? (
                        <Chip tone={result.ok ? 'success' : 'failed'}>{t(result.ok ? 'passed' : 'failed')}</Chip>
                      ) : (
                        '—'
                      )}
                      {result?.problems.map((problem) => (
                        <span key={problem.path} className="block text-xs text-failed">
                          {t('problem', problem)}
                        </span>
                      ))}
                    </Td>
                    <Td className="text-right whitespace-nowrap">
                      {mayWrite ? (
                        <>
                          <Button look="quiet" onClick={() => setEditing(one)}>
                            {t('edit')}
                          </Button>
                          <Button
                            look="quiet"
                            disabled={remove.isPending}
                            onClick={() => remove.mutate({ id: one.id })}
                          >
                            {t('remove')}
                          </Button>
                        </>
                      ) : null}
                    </Td>
                  </tr>
                );
              })}
            </Table>
          )
        }
      </Loaded>
      {editing ? (
        <CaseForm kind={kind} test={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      ) : null}
    </Section>
  );
}

const pairs = (values: object): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ');
