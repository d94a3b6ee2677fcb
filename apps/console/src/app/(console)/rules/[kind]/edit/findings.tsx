'use client';

import { useLocale, useTranslations } from 'next-intl';
import { idOf, type RuleDocument } from '@/rules/document';
import { Section } from '@/ui/table';

export type Issue = { path: string; code: string; message: string; severity: string };
export type Change = { words: { en: string; zh: string } };

/** What the engine found in the draft, each with the rule that it is about; and what the draft changes, in words. */
export function Findings({
  issues,
  changes,
  document,
  baseVersion,
  checking,
  onOpen,
}: {
  issues: readonly Issue[];
  /** Nothing while the draft has errors. */
  changes: readonly Change[] | undefined;
  document: RuleDocument;
  baseVersion: number;
  checking: boolean;
  onOpen: (id: string) => void;
}) {
  const t = useTranslations('rules');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  const ruleOf = (path: string) => {
    const index = /^\/rules\/(\d+)/.exec(path)?.[1];
    return index === undefined ? undefined : document.rules[Number(index)];
  };
  return (
    <>
      <Section title={t('findings')}>
        <ul aria-live="polite" className="grid gap-1.5">
          {issues.length === 0 ? <li className="text-success">{checking ? t('checking') : t('noIssues')}</li> : null}
          {issues.map((issue) => {
            const rule = ruleOf(issue.path);
            return (
              <li
                key={issue.path + issue.code + issue.message}
                className={issue.severity === 'error' ? 'text-failed' : 'text-warn'}
              >
                <span className="font-medium">{t(issue.severity === 'error' ? 'error' : 'warning')}</span>{' '}
                {rule ? (
                  <button type="button" className="underline" onClick={() => onOpen(idOf(rule))}>
                    {idOf(rule)}
                  </button>
                ) : (
                  <span className="font-mono text-xs">{issue.path || '/'}</span>
                )}{' '}
                {issue.message}
              </li>
            );
          })}
        </ul>
      </Section>
      <Section title={t('changes', { version: baseVersion })}>
        {changes === undefined ? (
          <p className="text-muted">{t('fixFirst')}</p>
        ) : changes.length > 0 ? (
          <ul className="list-disc pl-5">
            {changes.map(({ words }) => (
              <li key={words.en}>{words[locale]}</li>
            ))}
          </ul>
        ) : (
          <p className="text-muted">{t('sameAsActive')}</p>
        )}
      </Section>
    </>
  );
}
