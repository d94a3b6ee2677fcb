'use client';

import { useQuery } from '@tanstack/react-query';
import { useLocale, useTranslations } from 'next-intl';
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { dateTime } from '@/lib/format';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty } from '@/ui/states';
import { Page, Section, Table, Td, Th } from '@/ui/table';
import { modes } from './edit/toolbar';
import { Editor } from './editor';
import { History } from './history';
import { TryOne } from './try-one';

export type Kind = 'risk' | 'routing';
type Described = Outputs['rules']['risk']['version']['rules'];

/** What is in force, in words; its history; and, for those who may, the editor. */
export function Rules({ kind }: { kind: Kind }) {
  const t = useTranslations('rules');
  const [version, setVersion] = useQueryState('v', parseAsInteger);
  const [mode, setMode] = useQueryState('mode', parseAsStringLiteral(['view', ...modes] as const).withDefault('view'));
  const [row, setRow] = useQueryState('row', parseAsString);
  const query = useQuery(useTrpc().rules[kind].get.queryOptions());
  return (
    <Page title={t(`title.${kind}`)} lead={t(`lead.${kind}`)}>
      <Loaded query={query}>
        {(data) => {
          const active = data.active?.version ?? 0;
          if (mode !== 'view' && data.mayWrite) {
            return (
              <Editor
                kind={kind}
                baseVersion={active}
                startVersion={version ?? active}
                mode={mode}
                row={row}
                onMode={(next) => void setMode(next)}
                onRow={(id) => void setRow(id)}
                onClose={() => void setMode('view').then(() => Promise.all([setVersion(null), setRow(null)]))}
              />
            );
          }
          return (
            <>
              <Section
                title={version && version !== active ? t('version', { version }) : t('active', { version: active })}
                actions={
                  <>
                    {data.active?.publishedAt ? (
                      <span className="text-xs text-muted">
                        {t('publishedBy', {
                          who: data.active.publishedBy ?? '—',
                          time: dateTime(data.active.publishedAt),
                        })}
                      </span>
                    ) : null}
                    {data.mayWrite ? (
                      <Button look="primary" onClick={() => void setMode('table')}>
                        {t('edit')}
                      </Button>
                    ) : null}
                  </>
                }
              >
                {version && version !== active ? (
                  <OneVersion kind={kind} version={version} />
                ) : data.active ? (
                  <RuleTable rules={data.active.rules} />
                ) : (
                  <Empty title={t('none')} />
                )}
              </Section>
              <TryOne kind={kind} />
              <History
                kind={kind}
                versions={data.versions}
                shown={version ?? active}
                active={active}
                mayWrite={data.mayWrite}
                onShow={(one) => void setVersion(one === active ? null : one)}
                onEdit={(one) => void setVersion(one).then(() => setMode('table'))}
              />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function OneVersion({ kind, version }: { kind: Kind; version: number }) {
  const t = useTranslations('rules');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  const query = useQuery(useTrpc().rules[kind].version.queryOptions({ version }));
  return (
    <Loaded query={query}>
      {(data) => (
        <>
          {data.changesFromActive.length > 0 ? (
            <ul className="mb-3 list-disc rounded-md bg-surface py-2 pr-3 pl-7">
              {data.changesFromActive.map(({ words }) => (
                <li key={words.en}>{words[locale]}</li>
              ))}
            </ul>
          ) : (
            <p className="mb-3 text-muted">{t('sameAsActive')}</p>
          )}
          <RuleTable rules={data.rules} />
        </>
      )}
    </Loaded>
  );
}

export function RuleTable({ rules }: { rules: Described }) {
  const t = useTranslations('rules');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  if (rules.length === 0) return <Empty title={t('none')} />;
  return (
    <Table
      wide
      label={t('table')}
      head={['#', t('rule'), t('when_'), t('then'), t('priority')].map((name) => <Th key={name}>{name}</Th>)}
    >
      {rules.map((rule, index) => (
        <tr key={rule.id} className={`border-b align-top ${rule.enabled ? '' : 'opacity-60'}`}>
          <Td className="text-subtle">{index + 1}</Td>
          <Td>
            {rule.name}
            <br />
            <span className="font-mono text-xs text-subtle">{rule.id}</span>{' '}
            {rule.enabled ? null : <Chip tone="closed">{t('disabled')}</Chip>}
          </Td>
          <Td className="max-w-xl">{rule.words[locale]}</Td>
          <Td className="whitespace-nowrap">
            {t.has(`events.${rule.event.type}`) ? t(`events.${rule.event.type}`) : rule.event.type}
            <br />
            <span className="font-mono text-xs text-subtle">{Object.values(rule.event.params).join(' ')}</span>
          </Td>
          <Td>{rule.priority}</Td>
        </tr>
      ))}
    </Table>
  );
}
