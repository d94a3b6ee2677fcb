'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { useTrpc } from '@/lib/trpc';
import { parseJson } from '@/rules/json-fault';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field, Input, Textarea } from '@/ui/field';
import type { Change } from '../change-detail';

/** The documents of a change as JSON, for those that have no editor of their own. An edit voids every verdict. */
export function EditItems({ change, onClose }: { change: Change; onClose: () => void }) {
  const t = useTranslations('changes');
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const edit = useMutation(
    trpc.changes.edit.mutationOptions({
      onSuccess: async () => {
        toast.success(t('done.edit'));
        onClose();
        await queries.invalidateQueries({ queryKey: trpc.changes.pathKey() });
      },
    }),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      const items = change.items.map((item, index) => ({
        kind: item.kind,
        objectId: item.objectId,
        // Written anew on what is live, once the author has seen what was published meanwhile.
        baseVersion: form.get('rebase') === 'on' ? item.liveVersion : item.baseVersion,
        document:
          item.document === null ? null : (parseJson(String(form.get(`document-${index}`))) as Record<string, unknown>),
      }));
      setProblem(undefined);
      edit.mutate({
        id: change.id,
        contentHash: change.contentHash,
        title: String(form.get('title') ?? '').trim(),
        reason: String(form.get('reason') ?? '').trim(),
        items,
      });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog open onClose={onClose} closeLabel={t('cancel')} title={t('acts.edit')} description={t('effects.edit')} wide>
      <form onSubmit={submit} className="grid gap-4">
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label={t('title')}>
            {(id) => <Input id={id} name="title" required maxLength={120} defaultValue={change.title} />}
          </Field>
          <Field label={t('reason')}>
            {(id) => (
              <Input id={id} name="reason" required minLength={3} maxLength={500} defaultValue={change.reason} />
            )}
          </Field>
        </div>
        {change.items.map((item, index) =>
          item.document === null ? null : (
            <Field key={item.kind + item.objectId} label={`${t(`kinds.${item.kind}`)} ${item.objectId}`}>
              {(id) => (
                <Textarea
                  id={id}
                  name={`document-${index}`}
                  rows={change.items.length > 1 ? 10 : 20}
                  spellCheck={false}
                  defaultValue={JSON.stringify(item.document, null, 2)}
                />
              )}
            </Field>
          ),
        )}
        {change.items.some((item) => item.overtaken) ? (
          <label className="flex items-center gap-2">
            <input type="checkbox" name="rebase" />
            {t('rebase')}
          </label>
        ) : null}
        {(problem ?? edit.error) ? (
          <p role="alert" className="text-failed">
            {problem ?? edit.error?.message}
          </p>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" disabled={edit.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
