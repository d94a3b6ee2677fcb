import { useTranslations } from 'next-intl';
import { timeOfDay } from '@/lib/format';
import type { Outputs } from '@/lib/trpc';
import { Table, Td, Th } from '@/ui/table';

type Data = Outputs['overview']['get'];

const label = (at: number) => timeOfDay(at).slice(0, 5);

/** Payments per bucket, succeeded in the lower part; the same numbers follow as a table. */
export function PerBucket({ data }: { data: Data }) {
  const t = useTranslations('overview');
  const buckets = filled(data);
  const most = Math.max(1, ...buckets.map(({ total }) => total));
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => buckets[Math.round(share * (buckets.length - 1))]?.at ?? 0);
  return (
    <figure>
      <div aria-hidden className="grid grid-cols-[auto_1fr] gap-x-2 text-xs text-subtle">
        <div className="flex h-32 flex-col justify-between text-right leading-3">
          <span>{most}</span>
          <span>0</span>
        </div>
        <div className="flex h-32 items-end gap-px overflow-hidden border-y [background:linear-gradient(var(--hairline),var(--hairline))_0_50%/100%_1px_no-repeat]">
          {buckets.map(({ at, total, succeeded }) => (
            <div
              key={at}
              title={`${label(at)} · ${total} / ${succeeded}`}
              className="flex min-w-px flex-1 flex-col justify-end"
              style={{ height: `${(total / most) * 100}%` }}
            >
              <div className="bg-edge" style={{ flexGrow: total - succeeded }} />
              <div className="bg-primary" style={{ flexGrow: succeeded }} />
            </div>
          ))}
        </div>
        <span />
        <div className="mt-1 flex justify-between">
          {ticks.map((at) => (
            <span key={at}>{label(at)}</span>
          ))}
        </div>
      </div>
      <figcaption className="mt-1 flex flex-wrap gap-4 pl-6 text-xs text-muted">
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="size-2.5 bg-primary" />
          {t('succeededCount')}
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="size-2.5 bg-edge" />
          {t('others')}
        </span>
        <span>UTC+8</span>
      </figcaption>
      <details className="mt-2 pl-6 text-xs">
        <summary className="text-muted">{t('asTable')}</summary>
        <Table
          label={t('perBucket')}
          head={[t('time'), t('payments'), t('succeededCount')].map((name) => <Th key={name}>{name}</Th>)}
        >
          {data.buckets.map(({ at, total, succeeded }) => (
            <tr key={at} className="border-b">
              <Td>{label(at)}</Td>
              <Td>{total}</Td>
              <Td>{succeeded}</Td>
            </tr>
          ))}
        </Table>
      </details>
    </figure>
  );
}

/** Buckets without a payment are there too: time runs evenly, and a gap is seen as one. */
function filled({ buckets, minutes, now }: Data): Data['buckets'] {
  const width = Math.max(60, minutes) * 1000;
  const known = new Map(buckets.map((bucket) => [bucket.at, bucket]));
  const last = Math.floor(now / width) * width;
  const count = Math.min(120, Math.ceil((minutes * 60_000) / width) + 1);
  return Array.from({ length: count }, (_, i) => last - (count - 1 - i) * width).map(
    (at) => known.get(at) ?? { at, total: 0, succeeded: 0 },
  );
}
