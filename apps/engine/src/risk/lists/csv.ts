/** Where a reader of CSV stands between two parts of a file. Plain data: it can be kept and gone on with elsewhere. */
export type CsvReading = {
  /** Line on which the next record begins, from 1. */
  line: number;
  /** Lines that the record being read has used up. */
  extraLines: number;
  cells: string[];
  cell: string;
  /** `plain` outside quotes, `quoted` inside, `closing` just behind a quote inside quotes. */
  mode: 'start' | 'plain' | 'quoted' | 'closing';
  /** The last character was a carriage return: a line feed after it ends no second line. */
  afterReturn: boolean;
  /** The record has more than `maxRecord` characters; the rest of it is skipped. */
  tooLong: boolean;
};

export type CsvRecord = { line: number; cells: string[]; problem?: string };

/** A record of a list has no business being longer; it also bounds what is kept between two parts. */
const maxRecord = 4_096;

export const startOfCsv = (): CsvReading => ({
  line: 1,
  extraLines: 0,
  cells: [],
  cell: '',
  mode: 'start',
  afterReturn: false,
  tooLong: false,
});

/**
 * Reads the next part of a file (RFC 4180: commas, double quotes, CRLF or LF; a byte order mark is skipped). Empty lines
 * are left out. Linear, and total: any text gives records, some with a problem.
 * @param last no part follows: what is left is the last record
 */
export function readCsv(reading: CsvReading, text: string, last: boolean): { records: CsvRecord[]; next: CsvReading } {
  const at = { ...reading, cells: [...reading.cells] };
  const records: CsvRecord[] = [];
  let length = at.cell.length + at.cells.reduce((sum, cell) => sum + cell.length, 0);

  const endCell = () => {
    at.cells.push(at.cell);
    at.cell = '';
    at.mode = 'start';
  };
  const endRecord = (problem?: string) => {
    endCell();
    const blank = at.cells.length === 1 && at.cells[0]?.trim() === '' && !problem;
    const wrong = at.tooLong ? `is longer than ${maxRecord} characters` : problem;
    if (!blank) records.push({ line: at.line, cells: at.cells, ...(wrong ? { problem: wrong } : {}) });
    at.cells = [];
    at.line += 1 + at.extraLines;
    at.extraLines = 0;
    at.tooLong = false;
    length = 0;
  };

  const first = at.line === 1 && at.cells.length === 0 && at.cell === '' && text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let i = first; i < text.length; i++) {
    const char = text[i] as string;
    const skip = char === '\n' && at.afterReturn;
    at.afterReturn = char === '\r';
    if (at.mode === 'quoted') {
      if (char === '"') at.mode = 'closing';
      else {
        if (char === '\r' || (char === '\n' && !skip)) at.extraLines++;
        keep(char);
      }
      continue;
    }
    if (skip) continue;
    if (char === '"' && at.mode === 'closing') {
      keep('"');
      at.mode = 'quoted';
    } else if (char === '"' && at.mode === 'start') at.mode = 'quoted';
    else if (char === ',') endCell();
    else if (char === '\n' || char === '\r') endRecord();
    else {
      if (at.mode === 'start') at.mode = 'plain';
      keep(char);
    }
  }
  if (last) {
    if (at.mode === 'quoted') endRecord('opens a quote that is never closed');
    else if (at.cell !== '' || at.cells.length > 0 || at.mode !== 'start') endRecord();
  }
  return { records, next: at };

  function keep(char: string): void {
    if (++length > maxRecord) at.tooLong = true;
    else at.cell += char;
  }
}

// A spreadsheet takes a cell that begins like this for a formula and runs it.
const looksLikeFormula = /^'*[=+\-@\t\r]/;
const wasMadeSafe = /^''*[=+\-@\t\r]/;

/** A cell that no spreadsheet runs: what begins like a formula gets an apostrophe in front. `importCell` takes it off. */
export function exportCell(text: string): string {
  const safe = looksLikeFormula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const importCell = (cell: string): string => (wasMadeSafe.test(cell) ? cell.slice(1) : cell);

export const csvLine = (cells: readonly string[]): string => `${cells.map(exportCell).join(',')}\r\n`;
