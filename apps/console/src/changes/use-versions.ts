'use client';

import { useQuery } from '@tanstack/react-query';
import { useMe } from '@/lib/session';
import { useTrpc } from '@/lib/trpc';

const none: Readonly<Record<string, number>> = {};

/** Which version of every document is live, e.g. `limit/merchant-day`: what a change is written on. */
export function useVersions(): Readonly<Record<string, number>> {
  const { may } = useMe();
  const { data } = useQuery(
    useTrpc().history.live.queryOptions(undefined, { enabled: may('changes.read'), refetchInterval: 5_000 }),
  );
  return data?.versions ?? none;
}
