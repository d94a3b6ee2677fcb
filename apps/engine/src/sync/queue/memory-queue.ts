type Slot = { id: string; atMs: number };

export type MemoryQueue<Item> = ReturnType<typeof createMemoryQueue<Item>>;

/**
 * What is due when, in this process: a binary heap by time, with at most `max` ids in it. An id that is added again gets the
 * new time. Times are monotonic milliseconds.
 */
export function createMemoryQueue<Item>(max: number) {
  const items = new Map<string, { item: Item; atMs: number }>();
  // Slots of ids that were moved or removed stay until they come up, or until they are most of the heap.
  let heap: Slot[] = [];

  function up(index: number): void {
    for (let at = index; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (timeAt(parent) <= timeAt(at)) return;
      swap(at, parent);
      at = parent;
    }
  }

  function down(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const least = timeAt(left + 1) < timeAt(left) ? left + 1 : left;
      if (timeAt(least) >= timeAt(at)) return;
      swap(at, least);
      at = least;
    }
  }

  const timeAt = (index: number): number => heap[index]?.atMs ?? Number.POSITIVE_INFINITY;

  function swap(a: number, b: number): void {
    const [one, other] = [heap[a], heap[b]];
    if (one && other) {
      heap[a] = other;
      heap[b] = one;
    }
  }

  function pop(): Slot | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (first && last && heap.length > 0) {
      heap[0] = last;
      down();
    }
    return first;
  }

  const isStale = ({ id, atMs }: Slot): boolean => items.get(id)?.atMs !== atMs;

  function tidy(): void {
    while (heap[0] && isStale(heap[0])) pop();
    if (heap.length <= 2 * items.size + 64) return;
    heap = [...items].map(([id, { atMs }]) => ({ id, atMs })).sort((a, b) => a.atMs - b.atMs);
  }

  return {
    /** @returns false when it is full */
    add(id: string, item: Item, atMs: number): boolean {
      if (items.size >= max && !items.has(id)) return false;
      items.set(id, { item, atMs });
      heap.push({ id, atMs });
      up(heap.length - 1);
      tidy();
      return true;
    },
    /** Takes what is due, the oldest first. */
    take(nowMs: number, limit: number): Item[] {
      const taken: Item[] = [];
      for (tidy(); taken.length < limit && timeAt(0) <= nowMs; tidy()) {
        const slot = pop();
        const found = slot && items.get(slot.id);
        if (!slot || !found) break;
        items.delete(slot.id);
        taken.push(found.item);
      }
      return taken;
    },
    remove: (id: string): boolean => items.delete(id),
    size: (): number => items.size,
    /** When the first is due; undefined when there is none. */
    nextAtMs(): number | undefined {
      tidy();
      return heap[0]?.atMs;
    },
    /** Takes all, with their times. */
    drain(): { item: Item; atMs: number }[] {
      const all = [...items.values()];
      items.clear();
      heap = [];
      return all;
    },
  };
}
