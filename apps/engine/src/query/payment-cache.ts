/** A payment as its merchant is told of it, at one version. `length`: of the body, in bytes of UTF-8. */
export type ReadPayment = {
  merchantId: string;
  status: string;
  version: number;
  etag: string;
  body: string;
  length: number;
};

/** Of a text of one or two bytes a character the larger, and what a record and its place cost. */
const bytesOf = ({ body }: ReadPayment): number => body.length * 2 + 400;

/**
 * Payments that were read, bounded in bytes: who was not asked for the longest goes first. A copy says nothing of whether it
 * is still true; whoever answers with it has asked for the version first.
 */
export function createPaymentCache(maxBytes: number) {
  const entries = new Map<string, ReadPayment>();
  let bytes = 0;

  function remove(id: string): void {
    const held = entries.get(id);
    if (!held) return;
    bytes -= bytesOf(held);
    entries.delete(id);
  }

  return {
    get(id: string): ReadPayment | undefined {
      const held = entries.get(id);
      if (!held) return undefined;
      entries.delete(id);
      entries.set(id, held);
      return held;
    },
    /** Two reads may come back in the other order: the newer one stays. */
    put(id: string, fresh: ReadPayment): void {
      const held = entries.get(id);
      if (held && held.version > fresh.version) return;
      remove(id);
      if (bytesOf(fresh) > maxBytes) return;
      entries.set(id, fresh);
      bytes += bytesOf(fresh);
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break;
        remove(oldest);
      }
    },
    size: () => ({ entries: entries.size, bytes }),
  };
}
