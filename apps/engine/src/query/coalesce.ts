/**
 * Identical look-ups share one read, at most one at a time per key. Who comes while one runs is given the one after it,
 * never the running one: that may have looked before a change whose answer the caller has already seen.
 */
export function createCoalesce<T>(): (key: string, read: () => Promise<T>) => Promise<T> {
  type Reading = { settled: Promise<void>; next?: Promise<T> };
  const running = new Map<string, Reading>();

  function start(key: string, read: () => Promise<T>): Promise<T> {
    const answer = read();
    // With somebody waiting the place stays taken until the next read takes it over.
    const free = () => {
      if (!reading.next) running.delete(key);
    };
    const reading: Reading = { settled: answer.then(free, free) };
    running.set(key, reading);
    return answer;
  }

  return (key, read) => {
    const before = running.get(key);
    if (!before) return start(key, read);
    before.next ??= before.settled.then(() => start(key, read));
    return before.next;
  };
}
