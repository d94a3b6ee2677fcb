/** Tries in a row that fail until an endpoint rests: it is ill, or gone, and every try of it takes a place. */
const restsAfter = 5;
const firstRestSeconds = 30;
const longestRestSeconds = 600;

/** How long an endpoint rests after its last failure, in seconds; 0 while it may be tried. Doubles with each probe that fails. */
export const restAfter = (failuresInARow: number): number =>
  failuresInARow < restsAfter
    ? 0
    : Math.min(firstRestSeconds * 2 ** Math.min(failuresInARow - restsAfter, 10), longestRestSeconds);

/** How many may be on their way at once: one probe while it is ill, else `most`. */
export const placesFor = (failuresInARow: number, most: number): number => (failuresInARow >= restsAfter ? 1 : most);

/** Waits after each failed try, in seconds: 12 tries over about a day. Then the delivery is dead until somebody resends it. */
export const retrySeconds = [15, 30, 60, 180, 300, 600, 1800, 3600, 10_800, 21_600, 43_200];

/** As long as all of them can take, in seconds. */
export const longestRetriesSeconds = 1.1 * retrySeconds.reduce((sum, seconds) => sum + seconds, 0);

/**
 * What becomes of a delivery: only 2xx counts; 410 says that nobody wants it, and what our own guard refuses would be
 * refused again. Pure.
 * @param tries made so far with this one, since it was last sent anew
 * @param chance 0 to 1, for ±10 %
 */
export function afterTry(
  { status, forbidden }: { status?: number; forbidden?: boolean },
  tries: number,
  chance: number,
): { state: 'delivered' | 'dead' } | { state: 'pending'; inSeconds: number } {
  if (status !== undefined && status >= 200 && status < 300) return { state: 'delivered' };
  const wait = retrySeconds[tries - 1];
  if (status === 410 || forbidden || wait === undefined) return { state: 'dead' };
  return { state: 'pending', inSeconds: wait * (0.9 + 0.2 * chance) };
}
