import { useQuery } from '@tanstack/react-query';
import type { Permission } from '@tributary/contracts/role';
import { useTrpc } from './trpc';

/** What waits for the viewer, by the key of the page that shows it. A number that can't be had is no number. */
export function useWaiting(may: (permission: Permission) => boolean): Readonly<Record<string, number>> {
  const trpc = useTrpc();
  const every = { refetchInterval: 15_000, retry: false } as const;
  const approves = may('changes.approve');
  const changes = useQuery(trpc.changes.waiting.queryOptions(undefined, { ...every, enabled: approves }));
  const lists = useQuery(
    trpc.lists.toApprove.queryOptions(undefined, { ...every, enabled: approves && may('risk.read') }),
  );
  const reviews = useQuery(trpc.reviews.count.queryOptions(undefined, { ...every, enabled: may('risk.write') }));
  return {
    changes: changes.data?.toApprove ?? 0,
    lists: lists.data?.toApprove ?? 0,
    reviews: reviews.data?.waiting ?? 0,
  };
}
