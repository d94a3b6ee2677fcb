import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { FormEvent } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Select } from '@/ui/field';
import type { ShardList } from './shards';

export type ShardWish = { act: 'pause' | 'resume' | 'pin'; shard: number };

/** Lets a shard be, takes it up again, or puts it on a node; with what that means, and a reason. */
export function ShardDialog({
  wish: { act, shard },
  workers,
  onClose,
}: {
  wish: ShardWish;
  workers: ShardList['workers'];
  onClose: () => void;
}) {
  const t = useTranslations('shards');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const done = {
    onSuccess: async () => {
      toast.success(t(`done.${act}`, { shard }));
      onClose();
      await queries.invalidateQueries({ queryKey: trpc.shards.pathKey() });
    },
  };
  const pause = useMutation(trpc.shards.pause.mutationOptions(done));
  const resume = useMutation(trpc.shards.resume.mutationOptions(done));
  const pin = useMutation(trpc.shards.pin.mutationOptions(done));
  const error = pause.error ?? resume.error ?? pin.error;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const reason = String(form.get('reason') ?? '').trim();
    if (act === 'pause') pause.mutate({ shard, reason });
    else if (act === 'resume') resume.mutate({ shard });
    else pin.mutate({ shard, node: String(form.get('node') ?? '') || null, reason });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      closeLabel={t('cancel')}
      title={t(`titles.${act}`, { shard })}
      description={t(`effects.${act}`)}
    >
      <form onSubmit={submit} className="grid gap-3">
        {act === 'pin' ? (
          <Field label={t('node')}>
            {(id) => (
              <Select id={id} name="node">
                <option value="">{t('anyNode')}</option>
                {workers.map(({ node }) => (
                  <option key={node}>{node}</option>
                ))}
              </Select>
            )}
          </Field>
        ) : null}
        {act === 'resume' ? null : (
          <Field label={t('reason')}>{(id) => <Input id={id} name="reason" required maxLength={200} />}</Field>
        )}
        {error ? <p className="text-failed">{error.message}</p> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={pause.isPending || resume.isPending || pin.isPending}>
            {t(act === 'pin' ? 'move' : act)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
