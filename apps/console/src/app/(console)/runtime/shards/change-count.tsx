import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import type { ShardList } from './shards';

type Load = { shard: number; open: number };

/** Cuts the shards anew: first what would be open of each, before and after, then the button that does it. */
export function ChangeCount({ list, onClose }: { list: ShardList; onClose: () => void }) {
  const t = useTranslations('shards');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [count, setCount] = useState(list.count * 2);
  const valid = Number.isInteger(count) && count >= 1 && count <= 4_096;
  const plan = useQuery(trpc.shards.plan.queryOptions({ count }, { enabled: valid }));
  const change = useMutation(
    trpc.shards.changeCount.mutationOptions({
      onSuccess: async (changed) => {
        toast.success(t('wasChanged', { count: changed.count }));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.shards.pathKey() });
      },
      // Somebody else was faster: what is shown is not what would be changed.
      onError: () => void plan.refetch(),
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '').trim();
    if (plan.data) change.mutate({ count, generation: plan.data.generation, reason });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t('changeCount')}
      description={t('changeEffect')}
      wide
    >
      <form onSubmit={submit} className="grid gap-3">
        <Field label={t('newCount')}>
          {(id) => (
            <Input
              id={id}
              type="number"
              min={1}
              max={4_096}
              required
              value={Number.isNaN(count) ? '' : count}
              onChange={(event) => setCount(event.target.valueAsNumber)}
            />
          )}
        </Field>
        {valid ? (
          <Loaded query={plan}>
            {({ before, after, open }) => (
              <div className="grid gap-3 md:grid-cols-2" aria-live="polite">
                <Bars title={t('before', { count: before.length })} loads={before} />
                <Bars title={t('after', { count: after.length })} loads={after} />
                <p className="text-muted md:col-span-2">{t('moves', { open, count: after.length })}</p>
              </div>
            )}
          </Loaded>
        ) : null}
        <Field label={t('reason')}>{(id) => <Input id={id} name="reason" required maxLength={200} />}</Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={!plan.data || change.isPending || count === list.count}>
            {t('changeNow')}
          </Button>
        </div>
        {change.error ? <p className="text-failed">{change.error.message}</p> : null}
      </form>
    </Dialog>
  );
}

const shown = 32;

function Bars({ title, loads }: { title: string; loads: Load[] }) {
  const t = useTranslations('shards');
  const most = Math.max(1, ...loads.map(({ open }) => open));
  return (
    <section>
      <h3 className="mb-1 font-medium">{title}</h3>
      <ol className="grid gap-0.5">
        {loads.slice(0, shown).map(({ shard, open }) => (
          <li key={shard} className="flex items-center gap-2 text-xs">
            <span className="w-8 text-right font-mono text-muted">{shard}</span>
            <span className="h-2 rounded-sm bg-primary" style={{ width: `${Math.max(1, (open / most) * 70)}%` }} />
            <span className="font-mono">{open}</span>
          </li>
        ))}
      </ol>
      {loads.length > shown ? <p className="text-xs text-muted">{t('more', { count: loads.length - shown })}</p> : null}
    </section>
  );
}
