'use client';

import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
import { percent } from '@/lib/format';
import {
  eventTypeOf,
  idOf,
  isEnabled,
  nameOf,
  orderOf,
  paramsOf,
  priorityOf,
  type RuleDocument,
} from '@/rules/document';
import { sayCondition } from '@/rules/words';
import { Chip, type Tone } from '@/ui/chip';
import { Empty } from '@/ui/states';
import { Table, Td, Th } from '@/ui/table';
import type { Language } from './vocabulary';

const tones: Readonly<Record<string, Tone>> = {
  reject: 'blocked',
  review: 'warn',
  approve: 'success',
  flag: 'pending',
  exclude: 'failed',
  prefer: 'success',
  setPriority: 'processing',
};

export type Hits = readonly {
  id: string;
  hits: { hits: number; succeeded: number; rejected: number; shadow: number } | null;
}[];

/** The rules of a version in the order in which they are tried, in words. */
export function RuleList({
  document,
  language,
  row,
  hits,
  counted,
}: {
  document: RuleDocument;
  language: Language;
  /** The rule that a link points at. */
  row: string | null;
  /** How often each fired in the last 24 hours; nothing for a version that is not live. */
  hits: Hits | undefined;
  counted: { payments: number; sampled: boolean };
}) {
  const t = useTranslations('rules');
  const words = useTranslations('ruleEditor');
  const codes = useTranslations('failures');
  const pointed = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    pointed.current?.scrollIntoView({ block: 'center' });
  }, []);
  if (document.rules.length === 0) return <Empty title={t('none')} />;
  const say = (key: string, value: unknown) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return key === 'code' && codes.has(text) ? codes(text) : text;
  };
  return (
    <Table
      wide
      label={t('table')}
      head={['#', t('rule'), t('when_'), t('then'), ...(hits ? [t('hits'), t('ended')] : []), t('priority')].map(
        (name) => <Th key={name}>{name}</Th>,
      )}
    >
      {orderOf(document).map((index, place) => {
        const rule = document.rules[index] ?? {};
        const type = eventTypeOf(rule);
        const { shadow, hold, ...params } = paramsOf(rule);
        // A held payment waits for a person: the opposite of one that is let through.
        const said = type === 'review' && hold === true ? 'hold' : type;
        return (
          <tr
            key={idOf(rule) || index}
            ref={idOf(rule) === row ? pointed : undefined}
            aria-current={idOf(rule) === row ? 'true' : undefined}
            className={`border-b ${idOf(rule) === row ? 'bg-processing-bg' : ''}`}
          >
            <Td className="text-subtle">{place + 1}</Td>
            <Td className="min-w-44">
              {nameOf(rule)}
              <br />
              <span className="font-mono text-xs text-subtle">{idOf(rule)}</span>
            </Td>
            <Td className={`max-w-2xl ${isEnabled(rule) ? '' : 'text-subtle'}`}>
              {sayCondition(rule.conditions, language)}
            </Td>
            <Td>
              <span className="flex flex-wrap items-center gap-1.5">
                <Chip tone={tones[said] ?? tones[type] ?? 'pending'}>
                  {t.has(`events.${said}`) ? t(`events.${said}`) : said}
                </Chip>
                {shadow === true ? <Chip tone="pending">{words('shadow')}</Chip> : null}
                {isEnabled(rule) ? null : <Chip tone="closed">{t('disabled')}</Chip>}
              </span>
              <span className="block text-xs text-muted">
                {Object.entries(params)
                  .map(([key, value]) => say(key, value))
                  .join(' · ')}
              </span>
            </Td>
            {hits ? <HitCells hits={hits.find(({ id }) => id === idOf(rule))?.hits ?? null} counted={counted} /> : null}
            <Td className="text-subtle">{priorityOf(rule)}</Td>
          </tr>
        );
      })}
    </Table>
  );
}

/** How often the rule fired lately, and how those payments ended. No hits are no success rate. */
function HitCells({ hits, counted }: { hits: Hits[number]['hits']; counted: { payments: number; sampled: boolean } }) {
  const t = useTranslations('rules');
  const all = (hits?.hits ?? 0) + (hits?.shadow ?? 0);
  return (
    <>
      <Td className="whitespace-nowrap" title={t('countedOver', { count: counted.payments })}>
        {counted.payments === 0 ? (
          <span className="text-subtle">—</span>
        ) : (
          <>
            {all} <span className="text-xs text-subtle">{percent(all, counted.payments)}</span>
            {hits && hits.shadow > 0 ? (
              <span className="block text-xs text-muted">{t('shadowHits', { count: hits.shadow })}</span>
            ) : null}
          </>
        )}
      </Td>
      <Td className="whitespace-nowrap">
        {hits && hits.hits > 0 ? percent(hits.succeeded, hits.hits) : <span className="text-subtle">—</span>}
        {hits && hits.rejected > 0 ? (
          <span className="block text-xs text-muted">{t('rejectedHits', { count: hits.rejected })}</span>
        ) : null}
      </Td>
    </>
  );
}
