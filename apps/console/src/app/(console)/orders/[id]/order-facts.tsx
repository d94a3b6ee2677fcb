import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { dateTime, duration, money, timeOfDay } from '@/lib/format';
import { toneOf } from '@/lib/status';
import { Chip } from '@/ui/chip';
import { Copy } from '@/ui/copy';
import { Facts, Section, Table, Td, Th } from '@/ui/table';
import { CodeMeaning } from './code-meaning';
import type { Order } from './order-detail';

/** What the order is: numbers, parties, tries, refunds, and what the merchant was told. */
export function OrderFacts({ order }: { order: Order }) {
  const t = useTranslations('order');
  const codes = useTranslations('failures');
  const { payment } = order;
  const copy = { label: t('copy'), copied: t('copied') };
  return (
    <>
      <Section title={t('facts')}>
        <Facts
          rows={[
            [t('id'), <Copy key="id" text={payment.id} {...copy} />],
            [t('merchantOrderNo'), <Copy key="no" text={payment.merchantOrderNo} {...copy} />],
            [t('merchant'), `${payment.merchantName} (${payment.merchantId})`],
            [t('service'), payment.serviceId],
            [t('channel'), payment.channelId ? `${payment.channelId} / ${payment.accountId}` : '—'],
            [t('channelTxn'), payment.channelTxn ? <Copy key="txn" text={payment.channelTxn} {...copy} /> : '—'],
            [t('created'), <Time key="created" ms={payment.createdAt} />],
            [t('expires'), <Time key="expires" ms={payment.expiresAt} />],
            [t('succeeded'), payment.succeededAt ? <Time key="succeeded" ms={payment.succeededAt} /> : '—'],
            ...(payment.refundedAmount > 0
              ? ([[t('refundedAmount'), money(payment.refundedAmount, payment.currency)]] as [string, string][])
              : []),
            ...(payment.failureCode
              ? ([
                  [
                    t('failure'),
                    <span key="failure">
                      {codes.has(payment.failureCode) ? codes(payment.failureCode) : payment.failureMessage}{' '}
                      <span className="font-mono text-xs text-subtle">{payment.failureCode}</span>
                    </span>,
                  ],
                ] as [string, React.ReactNode][])
              : []),
            [
              t('payer'),
              Object.entries(payment.payer)
                .map(([name, value]) => `${name} ${value}`)
                .join(' · ') || '—',
            ],
            ...(payment.metadata && Object.keys(payment.metadata).length > 0
              ? ([
                  [
                    t('metadata'),
                    Object.entries(payment.metadata)
                      .map(([name, value]) => `${name}=${value}`)
                      .join(' · '),
                  ],
                ] as [string, string][])
              : []),
            [t('trace'), <Copy key="trace" text={payment.traceId} {...copy} />],
          ]}
        />
      </Section>
      <Attempts order={order} />
      <Refunds order={order} />
      <Deliveries order={order} />
    </>
  );
}

const Time = ({ ms }: { ms: number }) => <time dateTime={new Date(ms).toISOString()}>{dateTime(ms)}</time>;

function Attempts({ order: { attempts, now } }: { order: Order }) {
  const t = useTranslations('order');
  const status = useTranslations('status');
  if (attempts.length === 0) return null;
  return (
    <Section title={t('attempts')}>
      <Table
        label={t('attempts')}
        head={['#', t('account'), t('state'), t('code'), t('nextLookUp')].map((name) => <Th key={name}>{name}</Th>)}
      >
        {attempts.map((attempt) => (
          <tr key={attempt.no} className="border-b">
            <Td>{attempt.no}</Td>
            <Td title={`${attempt.channelId} · ${attempt.requestNo}`}>{attempt.accountId}</Td>
            <Td>
              <Chip tone={toneOf(attempt.status)}>{status(`attempt_${attempt.status}`)}</Chip>
            </Td>
            <Td title={attempt.resultMessage ?? ''}>
              {attempt.resultCode === null ? (
                '—'
              ) : (
                <CodeMeaning channelId={attempt.channelId} code={attempt.resultCode} />
              )}
            </Td>
            <Td className="whitespace-nowrap">
              {attempt.nextSyncAt === null
                ? '—'
                : t('nextIn', {
                    time: timeOfDay(attempt.nextSyncAt).slice(0, 8),
                    wait: duration(Math.max(0, attempt.nextSyncAt - now)),
                    step: attempt.syncStep,
                  })}
            </Td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function Refunds({ order: { refunds, payment } }: { order: Order }) {
  const t = useTranslations('order');
  const status = useTranslations('status');
  if (refunds.length === 0) return null;
  return (
    <Section title={t('refunds')}>
      <Table
        label={t('refunds')}
        head={[t('refundNo'), t('amount'), t('state'), t('created')].map((name) => <Th key={name}>{name}</Th>)}
      >
        {refunds.map((refund) => (
          <tr key={refund.id} className="border-b">
            <Td className="font-mono text-xs break-all" title={refund.reason ?? ''}>
              {refund.merchantRefundNo}
              {refund.kind === 'compensation' ? (
                <span className="ml-1 font-sans text-warn">{t('compensation')}</span>
              ) : null}
            </Td>
            <Td className="whitespace-nowrap">{money(refund.amount, payment.currency)}</Td>
            <Td>
              <Chip tone={refund.status === 'succeeded' ? 'refunded' : toneOf(refund.status)}>
                {status(`refund_${refund.status}`)}
              </Chip>
            </Td>
            <Td className="whitespace-nowrap">{dateTime(refund.createdAt)}</Td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function Deliveries({ order: { deliveries } }: { order: Order }) {
  const t = useTranslations('order');
  const status = useTranslations('status');
  if (deliveries.length === 0) return null;
  return (
    <Section title={t('deliveries')}>
      <Table
        label={t('deliveries')}
        head={[t('type'), t('state'), t('tries'), t('answer')].map((name) => <Th key={name}>{name}</Th>)}
      >
        {deliveries.map((one) => (
          <tr key={one.id} className="border-b">
            <Td className="whitespace-nowrap" title={one.url}>
              <Link href={`/webhooks?delivery=${one.id}`} className="text-primary underline">
                {one.type}
              </Link>
            </Td>
            <Td>
              <Chip tone={toneOf(one.status)}>{status(`delivery_${one.status}`)}</Chip>
            </Td>
            <Td>{one.attempts}</Td>
            <Td className="break-words">{one.lastStatus ? `HTTP ${one.lastStatus}` : (one.lastError ?? '—')}</Td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}
