'use client';

import { useLocale, useTranslations } from 'next-intl';
import { Button } from '@/ui/button';
import { Chip, type Tone } from '@/ui/chip';
import { Table, Td, Th } from '@/ui/table';
import type { Code, Codes } from './response-codes';

const tones: Record<string, Tone> = {
  succeeded: 'success',
  pending: 'processing',
  closed: 'closed',
  not_found: 'pending',
  declined: 'failed',
  unknown: 'warn',
};

/** The table itself: what a code means, whose fault it is, what may be done, and who says so. */
export function CodeRows({
  rows,
  codes,
  onMap,
}: {
  rows: readonly Code[];
  codes: Codes;
  onMap: ((code: string, message: string) => void) | undefined;
}) {
  const t = useTranslations('codes');
  return (
    <Table
      wide
      label={t('title')}
      head={
        <>
          <Th>{t('code')}</Th>
          <Th>{t('meaning')}</Th>
          <Th>{t('outcome')}</Th>
          <Th>{t('owner')}</Th>
          <Th>{t('retrySame')}</Th>
          <Th>{t('mayFailOver')}</Th>
          <Th>{t('source')}</Th>
          <Th>
            <span className="sr-only">{t('change')}</span>
          </Th>
        </>
      }
    >
      {rows.map((row) => (
        <Row key={row.code} row={row} codes={codes} onMap={onMap} />
      ))}
    </Table>
  );
}

function Row({
  row,
  codes: { adapterVersion, overrideVersion },
  onMap,
}: {
  row: Code;
  codes: Codes;
  onMap: ((code: string, message: string) => void) | undefined;
}) {
  const t = useTranslations('codes');
  const failures = useTranslations('failures');
  const meaning = useLocale().startsWith('zh') ? row.meaning.zh : row.meaning.en;
  const outcomes = new Map<string, string[]>();
  for (const [step, kind] of Object.entries(row.outcomes)) outcomes.set(kind, [...(outcomes.get(kind) ?? []), step]);
  const yes = (value: boolean) => (value ? t('yes') : <span className="text-subtle">{t('no')}</span>);
  return (
    <tr className="border-b hover:bg-surface">
      <Td className="font-mono text-xs break-all">{row.code}</Td>
      <Td>
        {meaning}
        {row.payerMessage ? (
          <div className="text-xs text-muted">{t('payerReads', { text: row.payerMessage })}</div>
        ) : null}
      </Td>
      <Td>
        <ul className="grid gap-0.5">
          {outcomes.size === 0 ? (
            <li>
              <Chip tone="warn">{t('kinds.unknown')}</Chip>
            </li>
          ) : null}
          {[...outcomes].map(([kind, steps]) => (
            <li key={kind} className="flex flex-wrap items-center gap-x-1.5">
              <Chip tone={tones[kind] ?? 'pending'}>{t(`kinds.${kind}`)}</Chip>
              <span className="text-xs text-muted">{steps.map((step) => t(`steps.${step}`)).join(' · ')}</span>
            </li>
          ))}
        </ul>
        {row.unified ? (
          <div className="text-xs text-muted">
            {failures.has(row.unified) ? failures(row.unified) : row.unified}{' '}
            <span className="font-mono">{row.unified}</span>
          </div>
        ) : null}
      </Td>
      <Td>{row.owner ? t(`owners.${row.owner}`) : '—'}</Td>
      <Td>{yes(row.retrySame)}</Td>
      <Td>{yes(row.mayFailOver)}</Td>
      <Td className="whitespace-nowrap text-xs">
        {row.from === 'override' ? (
          <Chip tone="processing">{t('byOverride', { version: overrideVersion })}</Chip>
        ) : (
          <span className="text-muted" title={row.documentation}>
            {t('byAdapter', { version: adapterVersion })}
          </span>
        )}
      </Td>
      <Td className="text-right">
        {onMap ? (
          <Button look="quiet" onClick={() => onMap(row.code, meaning)}>
            {t('change')}
          </Button>
        ) : null}
      </Td>
    </tr>
  );
}
