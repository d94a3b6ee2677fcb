/** Wall-clock parts in a merchant's time zone. */
export type ZonedTime = { year: number; month: number; day: number; hour: number; weekday: number };

const formats = new Map<string, Intl.DateTimeFormat>();
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const existing = formats.get(timeZone);
  if (existing) return existing;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    weekday: 'short',
  });
  formats.set(timeZone, made);
  return made;
}

// All payments of a quarter of an hour share the answer: zones are off UTC by whole quarters, and formatting costs far
// more than the rest of a decision.
const quarterMs = 15 * 60_000;
const recent = new Map<string, { quarter: number; time: ZonedTime }>();

/** Date, hour (0–23) and weekday (1 = Monday) in a time zone. */
export function zonedTime(at: Date, timeZone: string): ZonedTime {
  const quarter = Math.floor(at.getTime() / quarterMs);
  const known = recent.get(timeZone);
  if (known?.quarter === quarter) return known.time;
  const time = readZonedTime(at, timeZone);
  recent.set(timeZone, { quarter, time });
  return time;
}

function readParts(at: Date, timeZone: string): Record<string, string> {
  return Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
}

function readZonedTime(at: Date, timeZone: string): ZonedTime {
  const parts = readParts(at, timeZone);
  return {
    year: Number(parts.year),
    month: Number(parts.month),
    day: Number(parts.day),
    hour: Number(parts.hour),
    weekday: weekdays.indexOf(parts.weekday ?? '') + 1,
  };
}

const windows = new Map<string, { until: number; start: string }>();

/**
 * Start of the hour, day or month in which a moment falls in a time zone, as UTC ISO 8601. Found by walking back to the
 * last full hour whose wall clock starts the window, so days of 23 and 25 hours come out right.
 */
export function windowStart(at: Date, timeZone: string, period: 'hour' | 'day' | 'month'): string {
  const key = `${timeZone}|${period}`;
  const known = windows.get(key);
  if (known && at.getTime() < known.until && at.getTime() >= Date.parse(known.start)) return known.start;
  const quarter = 15 * 60_000;
  // Zones are off UTC by whole quarters of an hour, so every wall-clock hour starts on one.
  let start = Math.floor(at.getTime() / quarter) * quarter;
  const samePeriod = (ms: number): boolean =>
    periodOf(new Date(ms), timeZone, period) === periodOf(at, timeZone, period);
  const coarse = period === 'month' ? 24 * 3_600_000 : period === 'day' ? 3_600_000 : quarter;
  while (samePeriod(start - coarse)) start -= coarse;
  while (samePeriod(start - quarter)) start -= quarter;
  const iso = new Date(start).toISOString();
  windows.set(key, { until: Math.floor(at.getTime() / quarter) * quarter + quarter, start: iso });
  return iso;
}

/** The start of the window after the one in which a moment falls, UTC ISO 8601. */
export function windowEnd(at: Date, timeZone: string, period: 'hour' | 'day' | 'month'): string {
  const quarter = 15 * 60_000;
  const same = periodOf(at, timeZone, period);
  const isWithin = (ms: number): boolean => periodOf(new Date(ms), timeZone, period) === same;
  let end = Math.floor(at.getTime() / quarter) * quarter;
  for (const step of [24 * 3_600_000, 3_600_000, quarter]) while (isWithin(end + step)) end += step;
  return new Date(end + quarter).toISOString();
}

/** Names the period of a moment. An hour that the clock shows twice is two: its offset from UTC tells them apart. */
function periodOf(at: Date, timeZone: string, period: 'hour' | 'day' | 'month'): string {
  const { year, month, day, hour, minute } = readParts(at, timeZone);
  if (period === 'month') return `${year}-${month}`;
  if (period === 'day') return `${year}-${month}-${day}`;
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
  return `${year}-${month}-${day} ${hour} ${wall - Math.floor(at.getTime() / 60_000) * 60_000}`;
}
