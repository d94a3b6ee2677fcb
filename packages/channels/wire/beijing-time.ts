/** `yyyy-MM-dd HH:mm:ss` in Beijing time, which has no daylight saving. */
export function beijingDateTime(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}

/** `yyyyMMddHHmmss` in Beijing time. */
export const beijingCompact = (at: Date): string => beijingDateTime(at).replaceAll(/[-: ]/g, '');

/** Reads `yyyy-MM-dd HH:mm:ss` as Beijing time. @returns undefined when the text is none */
export function readBeijingDateTime(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return undefined;
  const at = new Date(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
