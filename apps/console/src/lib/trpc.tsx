'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { AppRouter } from '@tributary/engine/router';
import { createTRPCClient, httpBatchLink, type TRPCClientErrorLike, type TRPCLink } from '@trpc/client';
import type { inferRouterOutputs } from '@trpc/server';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { type ReactNode, useState } from 'react';

export type Outputs = inferRouterOutputs<AppRouter>;
export type ApiError = TRPCClientErrorLike<AppRouter>;

const context = createTRPCContext<AppRouter>();
export const useTrpc = context.useTRPC;
export const useTrpcClient = context.useTRPCClient;

/** Whether asking again could help: not when we may not, or when what we ask for is not there. */
const worthRetrying = (failures: number, error: unknown): boolean => {
  const status = (error as { data?: { httpStatus?: number } }).data?.httpStatus ?? 503;
  return failures < 1 && status >= 500;
};

/** Endless queries say which way they go; every list of ours goes forward, and inputs with unknown keys are refused. */
const withoutDirection: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) => {
    if (op.type !== 'query' || typeof op.input !== 'object' || op.input === null) return next(op);
    const { direction: _, ...input } = op.input as Record<string, unknown>;
    return next({ ...op, input });
  };

export function TrpcProvider({ children }: { children: ReactNode }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { staleTime: 2_000, retry: worthRetrying, refetchOnWindowFocus: false },
          mutations: { retry: false },
        },
      }),
  );
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({ links: [withoutDirection, httpBatchLink({ url: '/trpc', maxItems: 10 })] }),
  );
  return (
    <QueryClientProvider client={queries}>
      <context.TRPCProvider trpcClient={client} queryClient={queries}>
        {children}
      </context.TRPCProvider>
    </QueryClientProvider>
  );
}
