import { type ListSubject, listFileColumns } from '@tributary/contracts/list';
import { isCleanText } from '@tributary/contracts/text';
import { canonicalEntry } from './canonical-value.ts';
import { type CsvReading, type CsvRecord, importCell, readCsv, startOfCsv } from './csv.ts';
import type { NewEntry } from './lists.store.ts';

type Column = (typeof listFileColumns)[number];

/** Where the reader of a list file stands between two parts. */
export type ListFileReading = {
  csv: CsvReading;
  /** Which column is where; undefined before the first record. */
  columns: (Column | '')[] | undefined;
};

export type FileEntry = NewEntry & { line: number };
export type LineProblem = { line: number; message: string; text: string };

export const startOfListFile = (): ListFileReading => ({ csv: startOfCsv(), columns: undefined });

const dateTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Reads the next part of a list file: entries in their canonical spelling, and every line that can't be one with why. The
 * first line may name the columns; without names they are `value`, `reason`, `expires_at`, `source`.
 * @throws Error when the first line names a column that there is not
 */
export function readListFile(
  reading: ListFileReading,
  text: string,
  { subject, reason, now, last }: { subject: ListSubject; reason: string; now: Date; last: boolean },
): { entries: FileEntry[]; problems: LineProblem[]; next: ListFileReading } {
  const { records, next: csv } = readCsv(reading.csv, text, last);
  let { columns } = reading;
  const entries: FileEntry[] = [];
  const problems: LineProblem[] = [];
  for (const record of records) {
    if (!columns) {
      columns = columnsOf(record);
      if (columns) continue;
      columns = ['value', 'reason', 'expires_at', 'source'];
    }
    const read = readRecord(record, columns, { subject, reason, now });
    if ('message' in read) problems.push({ line: record.line, message: read.message, text: shortText(record) });
    else entries.push({ ...read, line: record.line });
  }
  return { entries, problems, next: { csv, columns } };
}

/** The columns that a first line names; undefined when it is no heading. */
function columnsOf({ cells }: CsvRecord): (Column | '')[] | undefined {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  if (!names.includes('value')) return undefined;
  for (const name of names) {
    if (name !== '' && !(listFileColumns as readonly string[]).includes(name))
      throw new Error(`the first line names a column "${name.slice(0, 40)}"; known are ${listFileColumns.join(', ')}`);
  }
  if (new Set(names.filter(Boolean)).size < names.filter(Boolean).length)
    throw new Error('the first line names a column twice');
  return names as (Column | '')[];
}

function readRecord(
  { cells, problem }: CsvRecord,
  columns: readonly (Column | '')[],
  { subject, reason, now }: { subject: ListSubject; reason: string; now: Date },
): NewEntry | { message: string } {
  if (problem) return { message: problem };
  if (cells.slice(columns.length).some((cell) => cell.trim() !== ''))
    return { message: `has ${cells.length} columns instead of ${columns.length}` };
  const cell = (name: Column): string => importCell(cells[columns.indexOf(name)]?.trim() ?? '');
  if (cells.some((text) => text.includes('\uFFFD'))) return { message: 'is not UTF-8' };
  const value = canonicalEntry(subject, cell('value'));
  if (!value.ok) return { message: `value ${value.message}` };
  const [ownReason, source, expires] = [cell('reason') || reason, cell('source') || 'import', cell('expires_at')];
  if (ownReason.length > 200 || !isCleanText(ownReason))
    return { message: 'reason is longer than 200 characters or contains control or invisible characters' };
  if (source.length > 64 || !isCleanText(source))
    return { message: 'source is longer than 64 characters or contains control or invisible characters' };
  const expiresAt = expires === '' ? undefined : dateOf(expires);
  if (expires !== '' && !expiresAt)
    return { message: 'expires_at is not a date like 2027-01-31 or 2027-01-31T08:00:00+08:00' };
  if (expiresAt && expiresAt <= now) return { message: 'expires_at is in the past' };
  return { value: value.value, reason: ownReason, source, expiresAt };
}

/** A day is its midnight in UTC. */
function dateOf(text: string): Date | undefined {
  if (!dateTime.test(text)) return undefined;
  const date = new Date(text);
  // 2027-02-30 would silently become the 2nd of March.
  const exists =
    !Number.isNaN(date.getTime()) && new Date(text.slice(0, 10)).toISOString().startsWith(text.slice(0, 10));
  return exists && date.getUTCFullYear() < 2200 ? date : undefined;
}

/** Fit to be stored and shown: no broken characters, and no NUL, which Postgres does not take. */
const shortText = ({ cells }: CsvRecord): string =>
  cells
    .join(',')
    .slice(0, 80)
    .replace(/[\p{Cs}\0]/gu, '\uFFFD');
