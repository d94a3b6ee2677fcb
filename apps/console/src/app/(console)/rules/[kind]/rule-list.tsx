'use client';

import { useTranslations } from 'next-intl';
import { useEffect, useRef } from 'react';
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

/** The rules of a version in the order in which they are tried, in words. */
export function RuleList({
  document,
  language,
  row,
}: {
  document: RuleDocument;
  language: Language;
  /** The rule that a link points at. */
  row: string | null;
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
      head={['#', t('rule'), t('when_'), t('then'), t('priority')].map((name) => <Th key={name}>{name}</Th>)}
    >
      {orderOf(document).map((index, place) => {
        const rule = document.rules[index] ?? {};
        const type = eventTypeOf(rule);
        const { shadow, ...params } = paramsOf(rule);
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
                <Chip tone={tones[type] ?? 'pending'}>{t.has(`events.${type}`) ? t(`events.${type}`) : type}</Chip>
                {shadow === true ? <Chip tone="pending">{words('shadow')}</Chip> : null}
                {isEnabled(rule) ? null : <Chip tone="closed">{t('disabled')}</Chip>}
              </span>
              <span className="block text-xs text-muted">
                {Object.entries(params)
                  .map(([key, value]) => say(key, value))
                  .join(' · ')}
              </span>
            </Td>
            <Td className="text-subtle">{priorityOf(rule)}</Td>
          </tr>
        );
      })}
    </Table>
  );
}
