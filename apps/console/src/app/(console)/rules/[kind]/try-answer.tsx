'use client';

import { Check, Minus } from 'lucide-react';
import { useLocale, useTranslations } from 'next-intl';
import { money } from '@/lib/format';
import type { Outputs } from '@/lib/trpc';
import type { Json } from '@/rules/document';
import { Explanation } from '@/rules/explanation';
import { sayValue } from '@/rules/value-text';
import { Chip } from '@/ui/chip';
import { Table, Td, Th } from '@/ui/table';
import type { Kind } from './rules';
import { type Language, useLanguage } from './vocabulary';

type Decision = Outputs['decide']['run'];
type Side = Pick<Decision, 'risk' | 'routing'>;

/** What would be decided and by which values; with a draft, what the live rules say beside it; what was decided then. */
export function TryAnswer({ decision, kind }: { decision: Decision; kind: Kind }) {
  const t = useTranslations('tryOne');
  const language = useLanguage(kind);
  const { live, recorded, missing } = decision;
  return (
    <>
      {recorded ? (
        <p className="mb-3 flex flex-wrap items-center gap-2 rounded-md bg-surface px-3 py-2">
          {t('then')}
          <span className="text-muted">
            {recorded.risk ? t('thenRisk', { outcome: t(`outcomes.${recorded.risk.outcome}`) }) : t('thenNothing')}
          </span>
        </p>
      ) : null}
      {missing.length > 0 ? (
        <p role="alert" className="mb-3 rounded-md bg-warn-bg px-3 py-2 text-warn">
          {t('missingFacts', { list: missing.join(', ') })}
        </p>
      ) : null}
      {live ? (
        <div className="grid gap-8 lg:grid-cols-2">
          <OneSide side={live} kind={kind} language={language} title={t('live')} only={kind} />
          <OneSide side={decision} kind={kind} language={language} title={t('draft')} only={kind} other={live} />
        </div>
      ) : (
        <div className="grid gap-8 lg:grid-cols-2">
          <OneSide side={decision} kind={kind} language={language} only="risk" />
          <OneSide side={decision} kind={kind} language={language} only="routing" />
        </div>
      )}
      <FactsUsed facts={decision.facts} language={language} />
    </>
  );
}

function OneSide({
  side: { risk, routing },
  language,
  title,
  only,
  other,
}: {
  side: Side;
  kind: Kind;
  language: Language | undefined;
  title?: string;
  only: Kind;
  /** What it is compared with: rules that fire on one side only are marked. */
  other?: Side;
}) {
  const t = useTranslations('tryOne');
  const codes = useTranslations('failures');
  const version = (number: number) => (number === 0 ? t('draft') : `v${number}`);
  const code = risk.failure?.code;
  if (only === 'risk') {
    return (
      <div className="min-w-0">
        <p className="mb-2 flex flex-wrap items-center gap-2 font-medium">
          {title} {t('risk', { version: version(risk.version) })}
          <Chip tone={risk.outcome === 'approve' ? 'success' : risk.outcome === 'reject' ? 'blocked' : 'warn'}>
            {t(`outcomes.${risk.outcome}`)}
          </Chip>
          {code ? (
            <span className="font-normal text-muted">
              {codes.has(code) ? codes(code) : code} <span className="font-mono text-xs">{code}</span>
            </span>
          ) : null}
        </p>
        <RuleResults rules={risk.rules} label={t('riskRules')} language={language} fired={other?.risk.fired} />
        {risk.limits.length > 0 ? (
          <ul className="mt-2 text-xs text-muted">
            {risk.limits.map((limit) => (
              <li key={limit.limitId + limit.scopeKey} className={limit.fits ? '' : 'text-failed'}>
                {limit.name}: {money(limit.usedAmount, 'CNY')} /{' '}
                {limit.maxAmount === null ? '—' : money(limit.maxAmount, 'CNY')} ·{' '}
                {t('times', { used: limit.usedCount, max: limit.maxCount ?? '—' })} {limit.fits ? '' : t('overLimit')}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    );
  }
  return (
    <div className="min-w-0">
      <p className="mb-2 flex flex-wrap items-center gap-2 font-medium">
        {title} {t('routing', { version: version(routing.version) })}
        {routing.routes[0] ? (
          <Chip tone="success">{`${routing.routes[0].channelId} / ${routing.routes[0].accountId}`}</Chip>
        ) : (
          <Chip tone="failed">{codes('no_route')}</Chip>
        )}
      </p>
      {routing.rules.length > 0 ? (
        <div className="mb-4">
          <RuleResults
            rules={routing.rules}
            label={t('routingRules')}
            language={language}
            fired={other?.routing.fired}
          />
        </div>
      ) : null}
      <Candidates candidates={routing.candidates} />
    </div>
  );
}

function Candidates({ candidates }: { candidates: Decision['routing']['candidates'] }) {
  const t = useTranslations('tryOne');
  const reasons = useTranslations('reasons');
  const say = (reason: string) => {
    const [key = '', detail] = reason.split(':');
    return reasons.has(key) ? reasons(key, { detail: detail ?? '' }) : reason;
  };
  return (
    <Table
      label={t('candidates')}
      head={[t('account'), t('because'), t('priority')].map((name) => <Th key={name}>{name}</Th>)}
    >
      {candidates.map((one) => (
        <tr key={one.accountId} className="border-b">
          <Td>
            {one.channelId} / <span className="font-medium">{one.accountId}</span>
          </Td>
          <Td>{say(one.reason)}</Td>
          <Td>{one.priority}</Td>
        </tr>
      ))}
    </Table>
  );
}

/** Each rule, whether it fires, and on demand every condition with what its fact really was. */
function RuleResults({
  rules,
  label,
  language,
  fired,
}: {
  rules: Decision['risk']['rules'];
  label: string;
  language: Language | undefined;
  fired: readonly string[] | undefined;
}) {
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
            {fired && fired.includes(rule.id) !== rule.result ? (
              <span className="block">
                <Chip tone="warn">{t('differs')}</Chip>
              </span>
            ) : null}
          </Td>
          <Td className="text-xs">
            <details>
              <summary className="break-words">{rule.words[locale]}</summary>
              {language ? (
                <div className="mt-1">
                  <Explanation condition={rule.conditions as Json} vocabulary={language} />
                </div>
              ) : null}
            </details>
          </Td>
        </tr>
      ))}
    </Table>
  );
}

function FactsUsed({ facts, language }: { facts: Decision['facts']; language: Language | undefined }) {
  const t = useTranslations('tryOne');
  return (
    <details className="mt-4">
      <summary className="text-muted">{t('facts', { count: facts.length })}</summary>
      <dl className="mt-1 grid gap-x-6 gap-y-0.5 text-xs sm:grid-cols-2 lg:grid-cols-3">
        {facts.map(({ name, value, source }) => (
          <div key={name} className="flex gap-2">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 font-mono break-all">
              {language ? sayValue(value as Json, name, language) : JSON.stringify(value)}{' '}
              <span className="font-sans text-subtle">{t(`sources.${source}`)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
