'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Outputs, useTrpc } from '@/lib/trpc';
import type { RuleDocument } from '@/rules/document';

type Change = Outputs['changes']['get'];

/** Saves what is edited as a change request: makes one at first, edits it from then on. Live rules are never touched. */
export function useDraft({
  kind,
  baseVersion,
  change,
}: {
  kind: 'risk' | 'routing';
  baseVersion: number;
  /** The change that is edited on. */
  change: Change | undefined;
}) {
  const trpc = useTrpc();
  const queries = useQueryClient();
  const create = useMutation(trpc.changes.create.mutationOptions());
  const edit = useMutation(trpc.changes.edit.mutationOptions());
  const [saved, setSaved] = useState(change && { id: change.id, contentHash: change.contentHash });

  async function save(document: RuleDocument, title: string, reason: string): Promise<string> {
    const own = { kind, objectId: 'main', document: { ...document }, baseVersion };
    let id: string;
    if (saved) {
      const others = (change?.items ?? [])
        .filter((item) => item.kind !== kind)
        .map((item) => ({
          kind: item.kind,
          objectId: item.objectId,
          document: item.document,
          baseVersion: item.baseVersion,
        }));
      const { contentHash } = await edit.mutateAsync({
        ...saved,
        ...(title ? { title } : {}),
        ...(reason ? { reason } : {}),
        items: [...others, own],
      });
      id = saved.id;
      setSaved({ id, contentHash });
    } else {
      const made = await create.mutateAsync({ title, reason, items: [own] });
      id = made.id;
      setSaved({ id, contentHash: made.contentHash });
    }
    await queries.invalidateQueries({ queryKey: trpc.changes.pathKey() });
    return id;
  }
  return { save, id: saved?.id, busy: create.isPending || edit.isPending, error: create.error ?? edit.error };
}
