'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { dateTime } from '@/lib/format';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Copy } from '@/ui/copy';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import { Loaded } from '@/ui/loaded';
import { Secret } from '@/ui/secret';
import { Facts, Section } from '@/ui/table';

/** What the merchant's webhooks are signed with, and putting something new in its place. */
export function WebhookKeys({ merchantId }: { merchantId: string }) {
  const t = useTranslations('webhookKeys');
  const [rotating, setRotating] = useState<'secret' | 'key'>();
  const query = useQuery(useTrpc().webhooks.keys.queryOptions({ merchantId }));
  const until = (time: number | null) =>
    time === null ? null : <span className="block text-xs text-warn">{t('olderUntil', { time: dateTime(time) })}</span>;
  return (
    <Section
      title={t('title')}
      actions={
        <>
          <Button onClick={() => setRotating('secret')}>{t('rotateSecret')}</Button>
          <Button onClick={() => setRotating('key')}>{t('rotateKey')}</Button>
        </>
      }
    >
      <Loaded query={query}>
        {(keys) => (
          <Facts
            rows={[
              [t('url'), keys.url ?? t('noUrl')],
              [
                t('secret'),
                <span key="secret">
                  {t(keys.hasSecret ? 'hasSecret' : 'noSecret')}
                  {until(keys.olderSecretUntil)}
                </span>,
              ],
              [
                t('key'),
                <span key="key">
                  {keys.publicKey ? <Copy text={keys.publicKey} label={t('copy')} copied={t('copied')} /> : t('noKey')}
                  {until(keys.olderKeyUntil)}
                </span>,
              ],
            ]}
          />
        )}
      </Loaded>
      {rotating ? <Rotate merchantId={merchantId} what={rotating} onClose={() => setRotating(undefined)} /> : null}
    </Section>
  );
}

function Rotate({ merchantId, what, onClose }: { merchantId: string; what: 'secret' | 'key'; onClose: () => void }) {
  const t = useTranslations('webhookKeys');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [saved, setSaved] = useState(false);
  const rotate = useMutation(
    trpc.webhooks.rotate.mutationOptions({
      // A secret is in no cache.
      gcTime: 0,
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.webhooks.keys.queryKey({ merchantId }) }),
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    rotate.mutate({
      merchantId,
      what,
      overlapHours: Number(form.get('overlapHours')),
      reason: String(form.get('reason') ?? '').trim(),
    });
  };
  const mustSave = rotate.data !== undefined && what === 'secret' && !saved;
  return (
    <Dialog
      open
      onClose={() => (mustSave ? undefined : onClose())}
      closeLabel={t('close')}
      title={t(what === 'secret' ? 'rotateSecretTitle' : 'rotateKeyTitle')}
      description={t('rotateEffect')}
    >
      {rotate.data ? (
        <div className="grid gap-3">
          {what === 'secret' ? (
            <>
              <Secret title={t('shownOnce')} text={rotate.data.made} copy={t('copy')} copied={t('copied')} />
              <label className="flex items-center gap-2">
                <input type="checkbox" checked={saved} onChange={(event) => setSaved(event.target.checked)} />
                {t('saved')}
              </label>
            </>
          ) : (
            <Copy text={rotate.data.made} label={t('copy')} copied={t('copied')} />
          )}
          <Button className="justify-self-end" onClick={onClose} disabled={mustSave}>
            {t('close')}
          </Button>
        </div>
      ) : (
        <form onSubmit={submit} className="grid gap-3">
          <Field label={t('overlap')}>
            {(id) => (
              <Select id={id} name="overlapHours" defaultValue="24">
                {[0, 1, 24, 72, 168].map((one) => (
                  <option key={one} value={one}>
                    {one === 0 ? t('noOverlap') : t('hours', { count: one })}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label={t('reason')} error={rotate.error?.message}>
            {(id) => <Input id={id} name="reason" required maxLength={200} />}
          </Field>
          <Button look="primary" type="submit" className="justify-self-end" disabled={rotate.isPending}>
            {t('rotate')}
          </Button>
        </form>
      )}
    </Dialog>
  );
}
