import { AppError } from '../platform/app-error.ts';

/** What a request is worth when there is too much: a callback says that money has moved, a query can be asked again. */
export type RequestClass = 'callback' | 'payment' | 'refund' | 'query';

/** Up to which share of the places a class is let in. The rest is kept for those above it. */
const shares: Record<RequestClass, number> = { callback: 1, payment: 0.9, refund: 0.8, query: 0.7 };

/** The class of a request, or undefined for those that are never refused (health, docs, the console). */
export function classOf(method: string, url: string): RequestClass | undefined {
  if (url.startsWith('/callbacks/')) return 'callback';
  if (!url.startsWith('/v1/')) return undefined;
  if (method !== 'POST') return 'query';
  return /^\/v1\/payments\/?(\?|$)/.test(url) ? 'payment' : 'refund';
}

/** Counts requests in work and refuses at the door, cheapest first, what this node could not finish in time. */
export function createLoadShedder(maxInFlight: number) {
  let inFlight = 0;
  return {
    /** @returns how to leave @throws AppError overloaded */
    enter(kind: RequestClass): () => void {
      if (inFlight >= maxInFlight * shares[kind])
        throw new AppError('overloaded', undefined, { retryAfterSeconds: kind === 'query' ? 2 : 1 });
      inFlight++;
      let left = false;
      return () => {
        if (!left) inFlight--;
        left = true;
      };
    },
    inFlight: () => inFlight,
  };
}
