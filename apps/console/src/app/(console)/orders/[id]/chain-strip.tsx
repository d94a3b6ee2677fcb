import { useTranslations } from 'next-intl';
import { duration } from '@/lib/format';
import { chainOf, type Mark, stations } from './chain';
import type { Order } from './order-detail';

const looks: Record<Mark, string> = {
  done: 'border-success bg-success',
  trouble: 'border-warn bg-warn',
  waiting: 'border-processing bg-bg',
  none: 'border-hairline bg-bg',
};

/** The chain in nine nodes, lit by what really happened, with when the first news of each came. */
export function ChainStrip({ order }: { order: Order }) {
  const t = useTranslations('order.chain');
  const chain = chainOf(order);
  return (
    <ol aria-label={t('label')} className="grid grid-cols-3 gap-y-3 sm:grid-cols-9">
      {stations.map((station, index) => {
        const { mark, afterMs } = chain[station];
        const next = stations[index + 1];
        const lit = next !== undefined && chain[next].mark !== 'none';
        return (
          <li key={station} className="min-w-0 text-xs">
            <span aria-hidden className="flex items-center">
              <span
                className={`shrink-0 border-2 ${mark === 'trouble' ? 'size-2.5 rotate-45' : 'size-2.5 rounded-full'} ${looks[mark]}`}
              />
              {next ? <span className={`mx-1 h-0 flex-1 border-t ${lit ? 'border-edge' : 'border-dashed'}`} /> : null}
            </span>
            <span className={`mt-1 block ${mark === 'none' ? 'text-subtle' : 'font-medium'}`}>
              {t(station)}
              <span className="sr-only"> {t(`mark.${mark}`)}</span>
            </span>
            <span className="block h-4 font-mono text-[11px] leading-4 text-subtle">
              {afterMs === undefined ? '' : index === 0 ? '0' : afterMs < 1 ? '+0' : `+${duration(afterMs)}`}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
