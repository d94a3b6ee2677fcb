'use client';

import type { AmountByCurrency, BacktestResult, ExpectedSuccess } from '@tributary/contracts/backtest';
import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { money, percent } from '@/lib/format';
import { Section, Table, Td, Th } from '@/ui/table';
import { Credibility } from './credibility';
import { matrixOf, movedAmount } from './matrix';

export const sayAmounts = (amounts: AmountByCurrency): string =>
  Object.entries(amounts)
    .map(([currency, minor]) => money(Number(minor), currency))
    .join(' + ') || '—';

const share = (value: number): string => `${(value * 100).toFixed(2)}%`;

/** What a draft would have done to payments of the past, and how far that can be believed. */
export function Result({
  kind,
  result,
  shownCell,
  onCell,
}: {
  kind: 'risk' | 'routing';
  result: BacktestResult;
  shownCell: string | null;
  onCell: ((live: string, draft: string) => void) | undefined;
}) {
  const t = useTranslations('backtest');
  const matrix = matrixOf(result.matrix);
  const word = useOutcomeWord();
  return (
    <>
      <ImpactNumbers kind={kind} result={result} />
      <div className="mt-6 grid gap-x-8 lg:grid-cols-[3fr_2fr]">
        <div className="min-w-0">
          <Section title={t('matrix')}>
            <Table
              label={t('matrix')}
              head={
                <>
                  <Th>{t('liveToDraft')}</Th>
                  {matrix.draft.map((draft) => (
                    <Th key={draft} className="text-right">
                      → {word(draft)}
                    </Th>
                  ))}
                </>
              }
            >
              {matrix.live.map((live) => (
                <tr key={live} className="border-b">
                  <th scope="row" className="px-2.5 text-left font-medium">
                    {word(live)}
                  </th>
                  {matrix.draft.map((draft) => {
                    const cell = matrix.cell(live, draft);
                    const moved = live !== draft;
                    const shown = shownCell === `${live}>${draft}`;
                    return (
                      <Td
                        key={draft}
                        className={`text-right ${cell && moved ? 'bg-warn-bg' : ''} ${shown ? 'outline-2 -outline-offset-2 outline-primary' : ''}`}
                      >
                        {cell ? (
                          <>
                            {onCell && moved ? (
                              <button
                                type="button"
                                className="font-medium text-primary underline"
                                onClick={() => onCell(live, draft)}
                              >
                                {cell.payments}
                              </button>
                            ) : (
                              cell.payments
                            )}
                            <span className="block text-xs text-muted">{sayAmounts(cell.amount)}</span>
                          </>
                        ) : (
                          <span className="text-subtle">0</span>
                        )}
                      </Td>
                    );
                  })}
                </tr>
              ))}
            </Table>
          </Section>
          {kind === 'risk' ? <StopOrPass result={result} /> : <RoutingEffects result={result} />}
          <Rules result={result} />
        </div>
        <div className="min-w-0">
          <Credibility result={result} />
          {result.merchants.length > 0 ? (
            <Section title={t('merchants')}>
              <Table
                label={t('merchants')}
                head={[t('merchant'), t('changedPayments'), t('share'), t('amount')].map((name) => (
                  <Th key={name}>{name}</Th>
                ))}
              >
                {result.merchants.slice(0, 10).map((one) => (
                  <tr key={one.merchantId} className="border-b">
                    <Td className="font-mono text-xs">{one.merchantId}</Td>
                    <Td>
                      {one.changed} / {one.evaluated}
                    </Td>
                    <Td>{percent(one.changed, one.evaluated)}</Td>
                    <Td>{sayAmounts(one.amount)}</Td>
                  </tr>
                ))}
              </Table>
            </Section>
          ) : null}
        </div>
      </div>
    </>
  );
}

/** The outcome of risk, or the channel of routing, as people say it. */
export function useOutcomeWord(): (name: string) => string {
  const t = useTranslations('backtest.outcomes');
  const codes = useTranslations('failures');
  return (name) => {
    const [key = '', code] = name.split(':');
    const word = t.has(key) ? t(key) : key;
    return code ? `${word} · ${codes.has(code) ? codes(code) : code}` : word;
  };
}

/** The numbers that an approver looks at first. */
export function ImpactNumbers({ kind, result }: { kind: 'risk' | 'routing'; result: BacktestResult }) {
  const t = useTranslations('backtest');
  const moved = movedAmount(result.matrix);
  const success = (one: ExpectedSuccess | null) => (one ? share(one.rate) : '—');
  const [live, draft] = [result.expected.live, result.expected.draft];
  const tiles: [string, ReactNode, ReactNode][] = [
    [
      t('changedPayments'),
      result.changed,
      t('ofEvaluated', { share: percent(result.changed, result.evaluated), count: result.evaluated }),
    ],
    [t('movedAmount'), sayAmounts(moved), result.everyNth > 1 ? t('everyNth', { n: result.everyNth }) : t('allOfThem')],
    ...(kind === 'risk'
      ? ([
          [t('stopGood'), result.wouldStop.good, t('stopGoodHint', { count: result.wouldStop.payments })],
          [t('stopBad'), result.wouldStop.bad, t('stopBadHint')],
        ] as [string, ReactNode, ReactNode][])
      : ([
          [
            t('successDelta'),
            live && draft ? `${success(live)} → ${success(draft)}` : '—',
            draft
              ? t('interval', { low: share(draft.low), high: share(draft.high), count: draft.payments })
              : t('noRates'),
          ],
          [
            t('feeDelta'),
            result.fees.map((fee) => money(Number(fee.delta), fee.currency)).join(' + ') || '—',
            t('feeHint'),
          ],
        ] as [string, ReactNode, ReactNode][])),
  ];
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 md:grid-cols-4">
      {tiles.map(([label, value, hint]) => (
        <div key={label}>
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="text-xl leading-8 font-semibold break-words">{value}</dd>
          <dd className="text-xs text-subtle">{hint}</dd>
        </div>
      ))}
    </dl>
  );
}

function StopOrPass({ result }: { result: BacktestResult }) {
  const t = useTranslations('backtest');
  return (
    <Section title={t('stopOrPass')}>
      <Table
        label={t('stopOrPass')}
        head={['', t('payments'), t('amount'), t('wasBad'), t('wasGood'), t('notKnown')].map((name) => (
          <Th key={name}>{name}</Th>
        ))}
      >
        {(['wouldStop', 'wouldPass'] as const).map((which) => {
          const one = result[which];
          return (
            <tr key={which} className="border-b">
              <th scope="row" className="px-2.5 text-left font-medium">
                {t(which)}
              </th>
              <Td>{one.payments}</Td>
              <Td>{sayAmounts(one.amount)}</Td>
              <Td>{one.bad}</Td>
              <Td className={which === 'wouldStop' && one.good > 0 ? 'font-medium text-failed' : ''}>{one.good}</Td>
              <Td>{one.unknown}</Td>
            </tr>
          );
        })}
      </Table>
      <p className="mt-1 text-xs text-subtle">{t('stopOrPassHint')}</p>
    </Section>
  );
}

function RoutingEffects({ result }: { result: BacktestResult }) {
  const t = useTranslations('backtest');
  if (result.channels.length === 0) return null;
  return (
    <Section title={t('channels')}>
      <Table
        label={t('channels')}
        head={[t('channel'), t('succeeded'), t('rate'), t('interval95')].map((name) => <Th key={name}>{name}</Th>)}
      >
        {result.channels.map((one) => (
          <tr key={one.channelId} className="border-b">
            <Td>{one.channelId}</Td>
            <Td>
              {one.succeeded} / {one.observed}
            </Td>
            <Td>{one.observed === 0 ? '—' : share(one.rate)}</Td>
            <Td>
              {share(one.low)} – {share(one.high)}
            </Td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function Rules({ result }: { result: BacktestResult }) {
  const t = useTranslations('backtest');
  if (result.rules.length === 0) return null;
  return (
    <Section title={t('ruleHits')}>
      <Table
        label={t('ruleHits')}
        head={[t('rule'), t('hitsLive'), t('hitsDraft'), t('delta')].map((name) => <Th key={name}>{name}</Th>)}
      >
        {result.rules.map((rule) => {
          const delta = rule.draft - rule.live;
          return (
            <tr key={rule.id} className="border-b">
              <Td className="font-mono text-xs">{rule.id}</Td>
              <Td>{rule.live}</Td>
              <Td>{rule.draft}</Td>
              <Td className={delta === 0 ? 'text-subtle' : 'font-medium'}>
                {delta > 0 ? `▲ +${delta}` : delta < 0 ? `▼ −${-delta}` : '0'}
              </Td>
            </tr>
          );
        })}
      </Table>
    </Section>
  );
}
