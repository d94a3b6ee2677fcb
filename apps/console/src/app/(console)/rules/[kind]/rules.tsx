'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useLocale, useTranslations } from 'next-intl';
import { parseAsInteger, parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { changeTones } from '@/changes/status';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { readDocument } from '@/rules/document';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Loaded } from '@/ui/loaded';
import { Empty, Skeleton } from '@/ui/states';
import { Page, Section } from '@/ui/table';
import { Compare } from './compare';
import { modes } from './edit/toolbar';
import { Editor } from './editor';
import { History } from './history';
import { type Hits, RuleList } from './rule-list';
import { TryOne } from './try-one';
import { type Language, useLanguage } from './vocabulary';

export type Kind = 'risk' | 'routing';

/** What is in force, in words; its history; and, for those who may, the editor. */
export function Rules({ kind }: { kind: Kind }) {
  const t = useTranslations('rules');
  const changes = useTranslations('changes');
  const [version, setVersion] = useQueryState('v', parseAsInteger);
  const [compare, setCompare] = useQueryState('compare', parseAsInteger);
  const [mode, setMode] = useQueryState('mode', parseAsStringLiteral(['view', ...modes] as const).withDefault('view'));
  const [row, setRow] = useQueryState('row', parseAsString);
  const [change, setChange] = useQueryState('change', parseAsString);
  const query = useQuery(useTrpc().rules[kind].get.queryOptions());
  const language = useLanguage(kind);
  return (
    <Page title={t(`title.${kind}`)} lead={t(`lead.${kind}`)}>
      <Loaded query={query}>
        {(data) => {
          const active = data.active?.version ?? 0;
          const shown = version ?? active;
          if (mode !== 'view' && data.mayWrite) {
            return (
              <Editor
                kind={kind}
                baseVersion={active}
                startVersion={shown}
                changeId={change}
                mode={mode}
                row={row}
                onMode={(next) => void setMode(next)}
                onRow={(id) => void setRow(id)}
                onSaved={(id) => void setChange(id)}
                onClose={() =>
                  void setMode('view').then(() => Promise.all([setVersion(null), setRow(null), setChange(null)]))
                }
              />
            );
          }
          return (
            <>
              {compare === null ? null : (
                <Compare
                  kind={kind}
                  left={compare}
                  right={shown}
                  versions={data.versions}
                  onLeft={(one) => void setCompare(one)}
                  onRight={(one) => void setVersion(one)}
                  onClose={() => void setCompare(null)}
                />
              )}
              <Section
                title={shown === active ? t('active', { version: active }) : t('version', { version: shown })}
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
                    {shown === active && data.active?.changeId && data.active.changeStatus ? (
                      <Link href={`/changes/${data.active.changeId}`}>
                        <Chip tone={changeTones[data.active.changeStatus]}>
                          {changes(`states.${data.active.changeStatus}`)}
                        </Chip>
                      </Link>
                    ) : null}
                    {data.mayWrite ? (
                      <Button look="primary" onClick={() => void setMode('table')}>
                        {t('edit')}
                      </Button>
                    ) : null}
                  </>
                }
              >
                {shown === 0 ? (
                  <Empty title={t('none')} />
                ) : (
                  <OneVersion
                    kind={kind}
                    version={shown}
                    language={language}
                    row={row}
                    hits={shown === active ? data.active?.rules : undefined}
                    counted={data.counted}
                  />
                )}
              </Section>
              <TryOne kind={kind} />
              <History
                kind={kind}
                versions={data.versions}
                shown={shown}
                active={active}
                mayWrite={data.mayWrite}
                onShow={(one) => void setVersion(one === active ? null : one)}
                onCompare={(one) => void setCompare(one)}
                onEdit={(one) => void setVersion(one).then(() => setMode('table'))}
              />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function OneVersion({
  kind,
  version,
  language,
  row,
  hits,
  counted,
}: {
  kind: Kind;
  version: number;
  language: Language | undefined;
  row: string | null;
  hits: Hits | undefined;
  counted: { payments: number; sampled: boolean };
}) {
  const t = useTranslations('rules');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  const query = useQuery(useTrpc().rules[kind].version.queryOptions({ version }));
  return (
    <Loaded query={query}>
      {({ document, changesFromActive }) => {
        const read = readDocument(JSON.stringify(document));
        return (
          <>
            {changesFromActive.length > 0 ? (
              <ul className="mb-3 list-disc rounded-md bg-surface py-2 pr-3 pl-7">
                {changesFromActive.map(({ words }) => (
                  <li key={words.en}>{words[locale]}</li>
                ))}
              </ul>
            ) : null}
            {language && read.ok ? (
              <RuleList
                kind={kind}
                document={read.document}
                language={language}
                row={row}
                hits={hits}
                counted={counted}
              />
            ) : (
              <Skeleton rows={6} label={t('table')} />
            )}
          </>
        );
      }}
    </Loaded>
  );
}
