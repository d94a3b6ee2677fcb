'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import { Loaded } from '@/ui/loaded';

type Range = {
  merchantId: string;
  fromSeq?: number;
  toSeq?: number;
  from?: number;
  to?: number;
  onlyDead: boolean;
};

const hours = [1, 6, 24, 72] as const;

/** Sends a range of a merchant's events again: first how many they are, then the button that does it. */
export function Replay({ onClose }: { onClose: () => void }) {
  const t = useTranslations('webhooks');
  const { may } = useMe();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [by, setBy] = useState<'time' | 'number'>('time');
  const [range, setRange] = useState<Range>();
  const merchants = useQuery(trpc.merchants.list.queryOptions(undefined, { enabled: may('merchants.read') }));
  const counted = useQuery(
    trpc.webhooks.countReplay.queryOptions(range ?? { merchantId: '-', fromSeq: 1 }, { enabled: range !== undefined }),
  );
  const replay = useMutation(
    trpc.webhooks.replay.mutationOptions({
      onSuccess: async ({ due }) => {
        toast.success(t('wereReplayed', { count: due }));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.webhooks.pathKey() });
      },
    }),
  );
  const count = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const number = (name: string) => {
      const text = String(form.get(name) ?? '').trim();
      return text === '' ? undefined : Number(text);
    };
    const [fromSeq, toSeq] = [number('fromSeq') ?? 1, number('toSeq')];
    setRange({
      merchantId: String(form.get('merchantId') ?? ''),
      onlyDead: form.get('onlyDead') === 'on',
      ...(by === 'time'
        ? { from: Date.now() - (number('hours') ?? 1) * 3_600_000 }
        : { fromSeq, ...(toSeq === undefined ? {} : { toSeq }) }),
    });
  };
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget).get('reason') ?? '').trim();
    if (range) replay.mutate({ ...range, reason });
  };
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={t('replayTitle')} description={t('replayEffect')}>
      <form onSubmit={count} onChange={() => setRange(undefined)} className="grid gap-3">
        <Field label={t('merchant')}>
          {(id) => (
            <Select id={id} name="merchantId" required>
              {merchants.data?.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t('by')}>
          {(id) => (
            <Select id={id} value={by} onChange={(event) => setBy(event.target.value === 'time' ? 'time' : 'number')}>
              <option value="time">{t('byTime')}</option>
              <option value="number">{t('byNumber')}</option>
            </Select>
          )}
        </Field>
        {by === 'time' ? (
          <Field label={t('window')}>
            {(id) => (
              <Select id={id} name="hours">
                {hours.map((one) => (
                  <option key={one} value={one}>
                    {t('lastHours', { count: one })}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ) : (
          <div className="grid grid-cols-2 gap-3">
            <Field label={t('fromSeq')}>
              {(id) => <Input id={id} name="fromSeq" type="number" min={1} defaultValue={1} required />}
            </Field>
            <Field label={t('toSeq')}>{(id) => <Input id={id} name="toSeq" type="number" min={1} />}</Field>
          </div>
        )}
        <label className="flex items-center gap-2">
          <input type="checkbox" name="onlyDead" defaultChecked />
          {t('onlyDead')}
        </label>
        <Button type="submit" className="justify-self-start">
          {t('count')}
        </Button>
      </form>
      {range ? (
        <div className="mt-4 border-t pt-4" aria-live="polite">
          <Loaded query={counted}>
            {({ events, sendable, mostAtOnce }) => (
              <form onSubmit={send} className="grid gap-3">
                <p>
                  {t('counted', { count: sendable })}
                  {events > sendable ? (
                    <span className="block text-xs text-warn">{t('nowhere', { count: events - sendable })}</span>
                  ) : null}
                  {sendable > mostAtOnce ? (
                    <span className="block text-xs text-failed">{t('tooMany', { most: mostAtOnce })}</span>
                  ) : null}
                </p>
                <Field label={t('reason')} error={replay.error?.message}>
                  {(id) => <Input id={id} name="reason" required maxLength={200} />}
                </Field>
                <Button
                  look="primary"
                  type="submit"
                  className="justify-self-end"
                  disabled={replay.isPending || sendable === 0 || sendable > mostAtOnce}
                >
                  {t('replayNow', { count: sendable })}
                </Button>
              </form>
            )}
          </Loaded>
        </div>
      ) : null}
    </Dialog>
  );
}
