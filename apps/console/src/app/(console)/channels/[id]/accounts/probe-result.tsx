'use client';

import { useTranslations } from 'next-intl';
import type { Outputs } from '@/lib/trpc';
import { Chip } from '@/ui/chip';
import { Facts } from '@/ui/table';

/** What a probe found, in words, and what was said on the wire, masked. */
export function ProbeResult({ version, probed }: { version: number; probed: Outputs['channelAccounts']['probe'] }) {
  const t = useTranslations('accounts');
  const { verdict, code, message, status, durationMs, exchanges } = probed;
  return (
    <section
      role="status"
      aria-label={t('probeOf', { version })}
      className={`mt-3 rounded-md p-3 ${verdict === 'ok' ? 'bg-success-bg' : 'bg-failed-bg'}`}
    >
      <p className="flex flex-wrap items-center gap-2 font-medium">
        {t('probeOf', { version })}
        <Chip tone={verdict === 'ok' ? 'success' : 'failed'}>{t(`verdicts.${verdict}`)}</Chip>
      </p>
      <p className="mt-1">{t(`because.${verdict}`)}</p>
      <div className="mt-2 text-xs">
        <Facts
          rows={[
            [t('channelSaid'), code ? `${code} ${message ?? ''}` : (message ?? '—')],
            [t('answered'), status ? `HTTP ${status} · ${durationMs} ms` : `${durationMs} ms`],
          ]}
        />
      </div>
      {exchanges.map(({ op, request, response, error }) => (
        <details key={op} className="mt-2 text-xs">
          <summary className="cursor-pointer">
            {request.method} <span className="break-all">{request.url}</span>
          </summary>
          <pre className="mt-1 overflow-x-auto rounded-md bg-bg p-2 font-mono text-fg">
            {JSON.stringify({ request, response, error }, null, 2)}
          </pre>
        </details>
      ))}
    </section>
  );
}
