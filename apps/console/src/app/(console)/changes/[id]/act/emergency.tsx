'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { toast } from 'sonner';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';
import { Button } from '@/ui/button';
import type { Change } from '../change-detail';
import { ReasonDialog } from './reason-dialog';

/** Publishes what a change holds at once, on one person's word. Another one has to review it afterwards. */
export function Emergency({ change }: { change: Change }) {
  const t = useTranslations('changes');
  const { may } = useMe();
  const router = useRouter();
  const trpc = useTrpc();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const publish = useMutation(
    trpc.changes.emergency.mutationOptions({
      onSuccess: async ({ id }) => {
        toast.success(t('done.publish'));
        await queries.invalidateQueries({ queryKey: trpc.changes.pathKey() });
        router.push(`/changes/${id}`);
      },
    }),
  );
  const waits = change.status === 'draft' || change.status === 'in_review' || change.status === 'voided';
  if (!waits || !may('changes.emergency')) return null;
  return (
    <>
      <Button look="danger" onClick={() => setOpen(true)}>
        {t('acts.emergency')}
      </Button>
      {open ? (
        <ReasonDialog
          title={t('acts.emergency')}
          effect={t('effects.emergency', { count: change.items.length })}
          label={t('asks.reason')}
          required
          verb={t('emergencyNow')}
          danger
          busy={publish.isPending}
          error={publish.error?.message}
          onClose={() => setOpen(false)}
          onSubmit={(reason) =>
            publish.mutate({
              title: change.title,
              reason,
              items: change.items.map(({ kind, objectId, document, baseVersion }) => ({
                kind,
                objectId,
                document,
                baseVersion,
              })),
            })
          }
        />
      ) : null}
    </>
  );
}
