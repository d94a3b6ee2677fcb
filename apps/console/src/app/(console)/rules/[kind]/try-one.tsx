'use client';

import { useQuery } from '@tanstack/react-query';
import { useLocale, useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { money, parseYuan } from '@/lib/format';
import { useMe } from '@/lib/session';
import { type Outputs, useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Section, Table, Td, Th } from '@/ui/table';

type Decision = Outputs['decide']['run'];
type Facts = { merchantId: string; serviceId: string; amount: number; payer?: { id: string } };

/** "What would happen to this payment?" by the rules in force; nothing is written. */
export function TryOne() {
  const t = useTranslations('tryOne');
  const { may } = useMe();
  const trpc = useTrpc();
  const [input, setInput] = useState<Facts>();
  const [problem, setProblem] = useState<string>();
  const query = useQuery(
    trpc.decide.run.queryOptions(input ?? { merchantId: '', serviceId: '', amount: 1 }, {
      enabled: input !== undefined,
      staleTime: 0,
    }),
  );
  if (!may('lab.run')) return null;

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const read = (name: string) => String(new FormData(event.currentTarget).get(name) ?? '').trim();
    const amount = parseYuan(read('amount'));
    setProblem(amount ? undefined : t('badAmount'));
    if (amount)
      setInput({
        merchantId: read('merchantId'),
        serviceId: read('serviceId'),
        amount,
        ...(read('payer') ? { payer: { id: read('payer') } } : {}),
      });
  };
  return (
    <Section title={t('title')}>
      <form
        onSubmit={submit}
        className="grid grid-cols-2 items-end gap-2 md:grid-cols-[repeat(4,minmax(0,200px))_auto]"
      >
        <Field label={t('merchant')}>
          {(id) => <Input id={id} name="merchantId" defaultValue="mch_cafe" required />}
        </Field>
        <Field label={t('service')}>
          {(id) => <Input id={id} name="serviceId" defaultValue="wechat.native" required />}
        </Field>
        <Field label={t('amount')} error={problem}>
          {(id) => <Input id={id} name="amount" inputMode="decimal" defaultValue="12.99" required />}
        </Field>
        <Field label={t('payer')}>{(id) => <Input id={id} name="payer" placeholder="payer-7" />}</Field>
        <Button type="submit" className="justify-self-start">
          {t('run')}
        </Button>
      </form>
      {input ? (
        <div className="mt-4">{<Loaded query={query}>{(decision) => <Answer decision={decision} />}</Loaded>}</div>
      ) : null}
    </Section>
  );
}

function Answer({ decision: { risk, routing } }: { decision: Decision }) {
  const t = useTranslations('tryOne');
  const locale = useLocale() === 'en' ? 'en' : 'zh';
  const reasons = useTranslations('reasons');
  const say = (reason: string) => {
    const [key = '', detail] = reason.split(':');
    return reasons.has(key) ? reasons(key, { detail: detail ?? '' }) : reason;
  };
  return (
    <div className="grid gap-6 lg:grid-cols-2">
      <div className="min-w-0">
        <p className="mb-2 flex items-center gap-2">
          {t('risk', { version: risk.version })}{' '}
          <Chip tone={risk.outcome === 'approve' ? 'success' : risk.outcome === 'review' ? 'warn' : 'blocked'}>
            {t(`outcomes.${risk.outcome}`)}
          </Chip>
          {risk.failure ? <span className="font-mono text-xs">{risk.failure.code}</span> : null}
        </p>
        <Table
          label={t('riskRules')}
          head={[t('rule'), t('result'), t('because')].map((name) => <Th key={name}>{name}</Th>)}
        >
          {risk.rules.map((rule) => (
            <tr key={rule.id} className="border-b align-top">
              <Td>{rule.name}</Td>
              <Td>{rule.result ? t('fires') : t('quiet')}</Td>
              <Td className="font-mono text-xs">{rule.words[locale]}</Td>
            </tr>
          ))}
        </Table>
        {risk.limits.map((limit) => (
          <p key={limit.limitId} className="mt-2 text-xs text-muted">
            {limit.name} ({limit.scopeKey}): {money(limit.usedAmount, 'CNY')} /{' '}
            {limit.maxAmount === null ? '—' : money(limit.maxAmount, 'CNY')} · {limit.usedCount} /{' '}
            {limit.maxCount ?? '—'} {limit.fits ? '' : t('overLimit')}
          </p>
        ))}
      </div>
      <div className="min-w-0">
        <p className="mb-2">{t('routing', { version: routing.version })}</p>
        <Table
          label={t('candidates')}
          head={[t('account'), t('because'), t('priority')].map((name) => <Th key={name}>{name}</Th>)}
        >
          {routing.candidates.map((one) => (
            <tr key={one.accountId} className="border-b">
              <Td>{`${one.channelId} / ${one.accountId}`}</Td>
              <Td>{say(one.reason)}</Td>
              <Td>{one.priority}</Td>
            </tr>
          ))}
        </Table>
      </div>
    </div>
  );
}
