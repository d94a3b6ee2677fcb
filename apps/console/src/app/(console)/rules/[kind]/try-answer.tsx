'use client';

import { Check, Minus } from 'lucide-react';
import { useLocale, useTranslations } from 'next-intl';
import { money } from '@/lib/format';
import type { Outputs } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Table, Td, Th } from '@/ui/table';

type Decision = Outputs['decide']['run'];
type Explained = Decision['risk']['rules'];

/** The decision, and for each rule whether it fires and by which values. */
export function TryAnswer({ decision: { risk, routing } }: { decision: Decision }) {
  const t = useTranslations('tryOne');
  const codes = useTranslations('failures');
  const reasons = useTranslations('reasons');
  const say = (reason: string) => {
    const [key = '', detail] = reason.split(':');
    return reasons.has(key) ? reasons(key, { detail: detail ?? '' }) : reason;
  };
  const version = (number: number) => (number === 0 ? t('draft') : `v${number}`);
  const code = risk.failure?.code;
  return (
    <div className="grid gap-8 lg:grid-cols-2">
      <div className="min-w-0">
        <p className="mb-2 flex flex-wrap items-center gap-2 font-medium">
          {t('risk', { version: version(risk.version) })}
          <Chip tone={risk.outcome === 'approve' ? 'success' : risk.outcome === 'review' ? 'warn' : 'blocked'}>
            {t(`outcomes.${risk.outcome}`)}
          </Chip>
          {code ? (
            <span className="font-normal text-muted">
              {codes.has(code) ? codes(code) : code} <span className="font-mono text-xs">{code}</span>
            </span>
          ) : null}
        </p>
        <RuleResults rules={risk.rules} label={t('riskRules')} />
        {risk.limits.length > 0 ? (
          <ul className="mt-2 text-xs text-muted">
            {risk.limits.map((limit) => (
              <li key={limit.limitId} className={limit.fits ? '' : 'text-failed'}>
                {limit.name}: {money(limit.usedAmount, 'CNY')} /{' '}
                {limit.maxAmount === null ? '—' : money(limit.maxAmount, 'CNY')} ·{' '}
                {t('times', { used: limit.usedCount, max: limit.maxCount ?? '—' })} {limit.fits ? '' : t('overLimit')}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      <div className="min-w-0">
        <p className="mb-2 flex flex-wrap items-center gap-2 font-medium">
          {t('routing', { version: version(routing.version) })}
          {routing.routes[0] ? (
            <Chip tone="success">{`${routing.routes[0].channelId} / ${routing.routes[0].accountId}`}</Chip>
          ) : (
            <Chip tone="failed">{codes('no_route')}</Chip>
          )}
        </p>
        {routing.rules.length > 0 ? (
          <div className="mb-4">
            <RuleResults rules={routing.rules} label={t('routingRules')} />
          </div>
        ) : null}
        <Table
          label={t('candidates')}
          head={[t('account'), t('because'), t('priority')].map((name) => <Th key={name}>{name}</Th>)}
        >
          {routing.candidates.map((one) => (
            <tr key={one.accountId} className="border-b">
              <Td>
                {one.channelId} / <span className="font-medium">{one.accountId}</span>
              </Td>
              <Td>{say(one.reason)}</Td>
              <Td>{one.priority}</Td>
            </tr>
          ))}
        </Table>
      </div>
    </div>
  );
}

function RuleResults({ rules, label }: { rules: Explained; label: string }) {
  const t = useTranslations('tryOne');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  return (
    <Table label={label} head={[t('rule'), t('result'), t('because')].map((name) => <Th key={name}>{name}</Th>)}>
      {rules.map((rule) => (
        <tr key={rule.id} className={`border-b align-top ${rule.result ? 'bg-processing-bg' : ''}`}>
          <Td>{rule.name}</Td>
          <Td className="whitespace-nowrap">
            {rule.result ? (
              <>
                <Check size={14} aria-hidden className="mr-1 inline text-success" />
                {t('fires')}
              </>
            ) : (
              <>
                <Minus size={14} aria-hidden className="mr-1 inline text-subtle" />
                {t('quiet')}
              </>
            )}
          </Td>
          <Td className="text-xs">{rule.words[locale]}</Td>
        </tr>
      ))}
    </Table>
  );
}
