import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select, Textarea } from '@/ui/field';
import { Loaded } from '@/ui/loaded';

type Filter = { paymentIds?: string[]; merchantId?: string; channelId?: string; from?: number; to?: number };

const momentOf = (text: string): number | undefined => {
  const ms = text === '' ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(ms) ? undefined : ms;
};

/** Which open orders to ask about: counted first, then begun at a rate. */
export function StartBatch({ onClose }: { onClose: () => void }) {
  const t = useTranslations('sync');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [filter, setFilter] = useState<Filter>();
  const channels = useQuery(trpc.channels.list.queryOptions(undefined, { enabled: may('channels.read') }));
  const merchants = useQuery(trpc.merchants.list.queryOptions(undefined, { enabled: may('merchants.read') }));
  const counted = useQuery(
    trpc.sync.count.queryOptions({ filter: filter ?? { merchantId: '-' } }, { enabled: filter !== undefined }),
  );
  const start = useMutation(
    trpc.sync.start.mutationOptions({
      onSuccess: async ({ total }) => {
        toast.success(t('wasStarted', { count: total }));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.sync.pathKey() });
      },
    }),
  );
  const count = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const ids = text('ids')
      .split(/[\s,]+/)
      .filter((one) => one !== '');
    const [from, to] = [momentOf(text('from')), momentOf(text('to'))];
    setFilter({
      ...(ids.length > 0 ? { paymentIds: ids } : {}),
      ...(text('merchantId') ? { merchantId: text('merchantId') } : {}),
      ...(text('channelId') ? { channelId: text('channelId') } : {}),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
  };
  const begin = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const reason = String(form.get('reason') ?? '').trim();
    if (filter) start.mutate({ filter, perSecond: Number(form.get('perSecond')), reason });
  };
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={t('start')} description={t('startEffect')} wide>
      <form onSubmit={count} onChange={() => setFilter(undefined)} className="grid gap-3 md:grid-cols-2">
        <Field label={t('channel')}>
          {(id) => (
            <Select id={id} name="channelId">
              <option value="">{t('any')}</option>
              {channels.data?.channels.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t('merchant')}>
          {(id) => (
            <Select id={id} name="merchantId">
              <option value="">{t('any')}</option>
              {merchants.data?.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t('from')}>{(id) => <Input id={id} name="from" type="datetime-local" />}</Field>
        <Field label={t('to')}>{(id) => <Input id={id} name="to" type="datetime-local" />}</Field>
        <div className="md:col-span-2">
          <Field label={t('ids')}>{(id) => <Textarea id={id} name="ids" rows={2} spellCheck={false} />}</Field>
        </div>
        <Button type="submit" className="justify-self-start">
          {t('count')}
        </Button>
      </form>
      {filter ? (
        <div className="mt-4 border-t pt-4" aria-live="polite">
          <Loaded query={counted}>
            {({ count: found, tooMany, most }) => (
              <form onSubmit={begin} className="grid gap-3">
                <p className={tooMany || found === 0 ? 'text-warn' : undefined}>
                  {tooMany ? t('tooMany', { most }) : t('found', { count: found })}
                </p>
                {tooMany || found === 0 ? null : (
                  <>
                    <div className="grid gap-3 md:grid-cols-2">
                      <Field label={t('perSecond')}>
                        {(id) => (
                          <Input
                            id={id}
                            name="perSecond"
                            type="number"
                            min={1}
                            max={1_000}
                            defaultValue={20}
                            required
                          />
                        )}
                      </Field>
                      <Field label={t('reason')}>
                        {(id) => <Input id={id} name="reason" required maxLength={200} />}
                      </Field>
                    </div>
                    <Button look="primary" type="submit" disabled={start.isPending} className="justify-self-end">
                      {t('begin', { count: found })}
                    </Button>
                  </>
                )}
                {start.error ? <p className="text-failed">{start.error.message}</p> : null}
              </form>
            )}
          </Loaded>
        </div>
      ) : null}
    </Dialog>
  );
}
