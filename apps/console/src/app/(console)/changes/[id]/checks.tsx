'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { useTrpc } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Section } from '@/ui/table';
import type { Change } from './change-detail';

/** What the gate says of the change now: errors forbid it, findings want a word, tests and the other engine must agree. */
export function Checks({ change }: { change: Change }) {
  const t = useTranslations('changes');
  const query = useQuery(useTrpc().changes.inspect.queryOptions({ id: change.id }, { staleTime: 0 }));
  return (
    <Loaded query={query}>
      {({ items }) => (
        <>
          {items.map(({ kind, objectId, errors, findings, tests, oracle }) => (
            <Section
              key={`${kind}/${objectId}`}
              title={`${t(`kinds.${kind}`)}${objectId === 'main' ? '' : ` ${objectId}`}`}
              actions={
                <Chip
                  tone={
                    errors.length > 0 || (tests?.failed ?? 0) > 0 || (oracle?.differences ?? 0) > 0
                      ? 'failed'
                      : findings.length > 0
                        ? 'warn'
                        : 'success'
                  }
                >
                  {t(
                    errors.length > 0 || (tests?.failed ?? 0) > 0 || (oracle?.differences ?? 0) > 0
                      ? 'blocked'
                      : findings.length > 0
                        ? 'wantsWord'
                        : 'clean',
                  )}
                </Chip>
              }
            >
              <ul className="grid gap-1.5">
                {errors.map((one) => (
                  <li key={one.path + one.message} className="text-failed">
                    <span className="font-mono text-xs">{one.path || '/'}</span> {one.message}
                  </li>
                ))}
                {findings.map((one) => (
                  <li key={one.path + one.message} className="text-warn">
                    <span className="font-mono text-xs">{one.path || '/'}</span> {one.message}
                  </li>
                ))}
                {tests ? (
                  <li className={tests.failed > 0 ? 'text-failed' : 'text-success'}>
                    {t('testsResult', { passed: tests.passed, failed: tests.failed })}
                    {tests.failures.map((failure) => (
                      <span key={failure.name} className="block pl-4">
                        {failure.name}: {failure.problems.join('; ')}
                      </span>
                    ))}
                  </li>
                ) : null}
                {oracle ? (
                  <li className={oracle.differences > 0 ? 'text-failed' : 'text-success'}>
                    {oracle.samples === 0
                      ? t('oracleNothing')
                      : t('oracleResult', { samples: oracle.samples, differences: oracle.differences })}
                  </li>
                ) : null}
                {errors.length + findings.length === 0 && !tests && !oracle ? (
                  <li className="text-success">{t('nothingFound')}</li>
                ) : null}
              </ul>
            </Section>
          ))}
        </>
      )}
    </Loaded>
  );
}
