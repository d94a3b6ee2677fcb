'use client';

import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
import { money, percent } from '@/lib/format';
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
import type { Kind } from './rules';
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
  hits: {
    hits: number;
    succeeded: number;
    rejected: number;
    shadow: number;
    refused: { currency: string; amount: number }[];
    paidAfterwards: number;
    feeBps: number | null;
  } | null;
}[];

/** The rules of a version in the order in which they are tried, in words. */
export function RuleList({
  kind,
  document,
  language,
  row,
  hits,
  counted,
}: {
  kind: Kind;
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
      cards
      label={t('table')}
      head={[
        '#',
        t('rule'),
        t('when_'),
        t('then'),
        ...(hits ? [t('hits'), t('ended'), kind === 'risk' ? t('refused') : t('fee')] : []),
        t('priority'),
      ].map((name) => <Th key={name}>{name}</Th>)}
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
            <Td className="text-subtle max-md:hidden">{place + 1}</Td>
            <Td className="min-w-44">
              <span className="max-md:font-medium">
                <span className="md:hidden">{place + 1}. </span>
                {nameOf(rule)}
              </span>
              <span className="block font-mono text-xs text-subtle">{idOf(rule)}</span>
            </Td>
            <Td label={t('when_')} className={`max-w-2xl ${isEnabled(rule) ? '' : 'text-subtle'}`}>
              {sayCondition(rule.conditions, language)}
            </Td>
            <Td label={t('then')}>
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
            {hits ? (
              <HitCells kind={kind} hits={hits.find(({ id }) => id === idOf(rule))?.hits ?? null} counted={counted} />
            ) : null}
            <Td label={t('priority')} className="text-subtle">
              <span>{priorityOf(rule)}</span>
            </Td>
          </tr>
        );
      })}
      <tr className="border-b bg-surface">
        <Td className="text-subtle max-md:hidden">{document.rules.length + 1}</Td>
        <Td className="font-medium">{t(`fallback.${kind}.name`)}</Td>
        <Td label={t('when_')}>
          <span>{t('fallback.when')}</span>
        </Td>
        <Td label={t('then')} colSpan={hits ? 5 : 2}>
          <span>{t(`fallback.${kind}.then`)}</span>
        </Td>
      </tr>
    </Table>
  );
}

/** How often the rule fired lately, how those payments ended and what they cost. No hits are no success rate. */
function HitCells({
  kind,
  hits,
  counted,
}: {
  kind: Kind;
  hits: Hits[number]['hits'];
  counted: { payments: number; sampled: boolean };
}) {
  const t = useTranslations('rules');
  const all = (hits?.hits ?? 0) + (hits?.shadow ?? 0);
  const nothing = <span className="text-subtle">—</span>;
  return (
    <>
      <Td label={t('hits')} className="whitespace-nowrap" title={t('countedOver', { count: counted.payments })}>
        {counted.payments === 0 ? (
          nothing
        ) : (
          <span>
            {all} <span className="text-xs text-subtle">{percent(all, counted.payments)}</span>
            {hits && hits.shadow > 0 ? (
              <span className="block text-xs text-muted">{t('shadowHits', { count: hits.shadow })}</span>
            ) : null}
          </span>
        )}
      </Td>
      <Td label={t('ended')} className="whitespace-nowrap">
        <span>
          {hits && hits.hits > 0 ? percent(hits.succeeded, hits.hits) : nothing}
          {hits && hits.rejected > 0 ? (
            <span className="block text-xs text-muted">{t('rejectedHits', { count: hits.rejected })}</span>
          ) : null}
        </span>
      </Td>
      {kind === 'risk' ? (
        <Td label={t('refused')} className="whitespace-nowrap">
          <span>
            {hits && hits.refused.length > 0
              ? hits.refused.map(({ currency, amount }) => (
                  <span key={currency} className="block">
                    {money(amount, currency)}
                  </span>
                ))
              : nothing}
            {hits && hits.paidAfterwards > 0 ? (
              <span className="block text-xs text-warn" title={t('paidAfterwardsHint')}>
                {t('paidAfterwards', {
                  count: hits.paidAfterwards,
                  share: percent(hits.paidAfterwards, hits.rejected),
                })}
              </span>
            ) : null}
          </span>
        </Td>
      ) : (
        <Td label={t('fee')} className="whitespace-nowrap">
          {hits?.feeBps == null ? nothing : <span>{(hits.feeBps / 100).toFixed(2)}%</span>}
        </Td>
      )}
    </>
  );
}
