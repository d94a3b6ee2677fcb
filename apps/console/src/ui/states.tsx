import { Inbox, Lock, RefreshCw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button';

/** Rows that are on their way. */
export const Skeleton = ({ rows = 8, label }: { rows?: number; label: string }) => (
  <div role="status" aria-label={label} className="grid gap-2 py-2">
    {Array.from({ length: rows }, (_, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: all alike, never reordered
      <div key={i} className="h-7 animate-pulse rounded-sm bg-surface" style={{ opacity: 1 - i * 0.08 }} />
    ))}
  </div>
);

export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="grid place-items-center gap-2 px-4 py-14 text-center">
    <Inbox size={28} className="text-subtle" aria-hidden />
    <p className="font-medium">{title}</p>
    {children ? <div className="max-w-md text-muted">{children}</div> : null}
  </div>
);

type Fault = {
  message: string;
  data?: { error?: string; requestId?: string | undefined; httpStatus?: number } | null | undefined;
};

/** What went wrong, with the request id to quote, and a way on. */
export function Failed({
  error,
  onRetry,
  words,
}: {
  error: Fault;
  onRetry?: () => void;
  words: { title: string; retry: string; forbidden: string };
}) {
  const forbidden = error.data?.httpStatus === 403;
  const Icon = forbidden ? Lock : TriangleAlert;
  return (
    <div role="alert" className="grid place-items-center gap-2 rounded-md border border-dashed px-4 py-10 text-center">
      <Icon size={24} className={forbidden ? 'text-muted' : 'text-failed'} aria-hidden />
      <p className="font-medium">{forbidden ? words.forbidden : words.title}</p>
      <p className="max-w-lg break-words text-muted">{error.message}</p>
      {error.data?.requestId ? <p className="font-mono text-xs text-subtle">{error.data.requestId}</p> : null}
      {onRetry && !forbidden ? (
        <Button onClick={onRetry}>
          <RefreshCw size={14} aria-hidden />
          {words.retry}
        </Button>
      ) : null}
    </div>
  );
}
