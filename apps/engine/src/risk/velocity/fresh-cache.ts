/**
 * Values that may be a little old, read once for everybody who asks at the same time. A value that took long to read is
 * kept longer, so that reading never takes more than a twentieth of the time. Bounded: the ones unused for longest go.
 */
export function createFreshCache<Value>({
  most,
  freshMs,
  nowMs,
}: {
  most: number;
  freshMs: number;
  nowMs: () => number;
}) {
  const kept = new Map<string, { value: Promise<Value>; untilMs: number }>();

  return async function get(key: string, read: () => Promise<Value>): Promise<Value> {
    const known = kept.get(key);
    if (known && nowMs() < known.untilMs) {
      kept.delete(key);
      kept.set(key, known);
      return known.value;
    }
    const startedMs = nowMs();
    const entry = { value: read(), untilMs: Number.POSITIVE_INFINITY };
    kept.delete(key);
    kept.set(key, entry);
    const oldest = kept.keys().next();
    if (kept.size > most && !oldest.done) kept.delete(oldest.value);
    try {
      const value = await entry.value;
      const tookMs = nowMs() - startedMs;
      entry.untilMs = startedMs + Math.max(freshMs, tookMs * 20);
      return value;
    } catch (error) {
      // A fault is told to those who waited and to nobody else.
      if (kept.get(key) === entry) kept.delete(key);
      throw error;
    }
  };
}
