'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { type Outputs, useTrpc } from '@/lib/trpc';

type List = Outputs['channelAccounts']['list'];
export type Account = List['accounts'][number];
export type Version = Account['versions'][number];
export type Expiry = Account['expiries'][number];
/** A field that the engine refused, by its path. */
export type FieldErrors = readonly { path: string; message: string }[];

/** The accounts of a channel, fresh enough to watch nodes follow a change. */
export const useAccounts = (channelId: string) =>
  useQuery(useTrpc().channelAccounts.list.queryOptions({ channelId }, { refetchInterval: 3_000 }));

/** What can be done to an account; every act looks anew at what it led to, whether it succeeded or not. */
export function useAccountActs(said: (act: string) => string) {
  const trpc = useTrpc();
  const queries = useQueryClient();
  const { channelAccounts } = trpc;
  const after = (act: string) => ({
    onSuccess: () => void toast.success(said(act)),
    onSettled: () => queries.invalidateQueries({ queryKey: channelAccounts.list.queryKey() }),
  });
  return {
    probe: useMutation(channelAccounts.probe.mutationOptions({ onSettled: after('').onSettled })),
    discard: useMutation(channelAccounts.discard.mutationOptions(after('discarded'))),
    endOverlap: useMutation(channelAccounts.endOverlap.mutationOptions(after('overlapEnded'))),
    goBack: useMutation(channelAccounts.goBack.mutationOptions(after('wentBack'))),
    switchTo: useMutation(channelAccounts.switchTo.mutationOptions(after('switched'))),
    invalidate: useMutation(channelAccounts.invalidate.mutationOptions(after('invalidated'))),
    switchOff: useMutation(channelAccounts.switchOff.mutationOptions(after('switchedOff'))),
    switchOn: useMutation(channelAccounts.switchOn.mutationOptions(after('switchedOn'))),
    describe: useMutation(channelAccounts.describe.mutationOptions(after('saved'))),
    create: useMutation(channelAccounts.create.mutationOptions(after('staged'))),
    stage: useMutation(channelAccounts.stage.mutationOptions(after('staged'))),
  };
}

export type AccountActs = ReturnType<typeof useAccountActs>;
