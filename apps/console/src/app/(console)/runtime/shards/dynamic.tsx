import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import { Chip } from '@/ui/chip';
import { Dialog } from '@/ui/dialog';
import { Field, Input } from '@/ui/field';
import type { ShardList } from './shards';

/** Whether the number of shards follows the load by itself, and what the load calls for. */
export function Dynamic({ list, act }: { list: ShardList; act: boolean }) {
  const t = useTranslations('shards');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [isOpen, setIsOpen] = useState(false);
  const save = useMutation(
    trpc.shards.setDynamic.mutationOptions({
      onSuccess: async () => {
        toast.success(t('dynamicSaved'));
        setIsOpen(false);
        await queries.invalidateQueries({ queryKey: trpc.shards.pathKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({
      dynamic: form.get('dynamic') === 'on',
      minCount: Number(form.get('minCount')),
      maxCount: Number(form.get('maxCount')),
      reason: String(form.get('reason') ?? '').trim(),
    });
  };
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <Chip tone={list.dynamic ? 'success' : 'closed'}>{t(list.dynamic ? 'dynamicOn' : 'dynamicOff')}</Chip>
      <span className="text-muted">{t('bounds', { min: list.minCount, max: list.maxCount })}</span>
      <span>
        {list.proposal
          ? t('proposal', { count: list.proposal.count, why: t(`why.${list.proposal.why}`) })
          : t('noProposal')}
      </span>
      {act ? (
        <Button look="quiet" onClick={() => setIsOpen(true)}>
          {t('setDynamic')}
        </Button>
      ) : null}
      {isOpen ? (
        <Dialog
          open
          onClose={() => setIsOpen(false)}
          closeLabel={t('cancel')}
          title={t('setDynamic')}
          description={t('dynamicEffect')}
        >
          <form onSubmit={submit} className="grid gap-3">
            <label className="flex items-center gap-2">
              <input type="checkbox" name="dynamic" defaultChecked={list.dynamic} />
              {t('dynamicOn')}
            </label>
            <div className="grid grid-cols-2 gap-3">
              <Field label={t('least')}>
                {(id) => (
                  <Input
                    id={id}
                    name="minCount"
                    type="number"
                    min={1}
                    max={4_096}
                    defaultValue={list.minCount}
                    required
                  />
                )}
              </Field>
              <Field label={t('most')}>
                {(id) => (
                  <Input
                    id={id}
                    name="maxCount"
                    type="number"
                    min={1}
                    max={4_096}
                    defaultValue={list.maxCount}
                    required
                  />
                )}
              </Field>
            </div>
            <Field label={t('reason')}>{(id) => <Input id={id} name="reason" required maxLength={200} />}</Field>
            {save.error ? <p className="text-failed">{save.error.message}</p> : null}
            <div className="flex justify-end gap-2">
              <Button onClick={() => setIsOpen(false)}>{t('cancel')}</Button>
              <Button look="primary" type="submit" disabled={save.isPending}>
                {t('save')}
              </Button>
            </div>
          </form>
        </Dialog>
      ) : null}
    </div>
  );
}
