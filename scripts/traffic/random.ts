/** A seeded source of chance (mulberry32), so that the same seed makes the same traffic. */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    int: (min: number, max: number): number => min + Math.floor(next() * (max - min + 1)),
    chance: (share: number): boolean => next() < share,
    /** One of the values, by weight. */
    pick: <Value>(weighted: readonly (readonly [Value, number])[]): Value => {
      let at = next() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of weighted) {
        at -= weight;
        if (at < 0) return value;
      }
      const last = weighted.at(-1);
      if (!last) throw new Error('nothing to pick from');
      return last[0];
    },
  };
}

export type Random = ReturnType<typeof createRandom>;
