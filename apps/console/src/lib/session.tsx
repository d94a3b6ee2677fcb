'use client';

import { useQuery } from '@tanstack/react-query';
import type { Permission } from '@tributary/contracts/role';
import { useTrpc } from './trpc';

/** Who is signed in. The engine decides what they may do; this only decides what is worth showing. */
export function useMe() {
  const { data, error, isPending } = useQuery(useTrpc().me.get.queryOptions(undefined, { staleTime: 60_000 }));
  return {
    me: data,
    error,
    isPending,
    may: (permission: Permission) => data?.permissions.includes(permission) === true,
  };
}
