import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvRecord, csvLine, exportCell, importCell, readCsv, startOfCsv } from './csv.ts';
import { readListFile, startOfListFile } from './read-list-file.ts';

function readInParts(parts: readonly string[]): CsvRecord[] {
  let reading = startOfCsv();
  return parts.flatMap((part, index) => {
    const { records, next } = readCsv(reading, part, index === parts.length - 1);
    // Kept between two parts as JSON.
    reading = JSON.parse(JSON.stringify(next));
    return records;
  });
}

const cell = fc.oneof(fc.string({ maxLength: 12 }), fc.stringMatching(/^[=+\-@'\t ",\r\na]{0,6}$/));

describe('files of lists', () => {
  it('come back as they were written, wherever they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 }),
        fc.nat(),
        (rows, seed) => {
          const text = rows.map(csvLine).join('');
          const cut = text.length === 0 ? 0 : seed % text.length;
          const parts = [text.slice(0, cut), text.slice(cut)];
          const read = readInParts(parts);
          // A byte order mark at the very beginning belongs to the file, not to its first cell.
          fc.pre(!text.startsWith('\uFEFF'));
          expect(read.map(({ cells }) => cells.map(importCell))).toEqual(rows);
          expect(read).toEqual(readInParts([text]));
          expect(read.every(({ problem }) => problem === undefined)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('carry no cell that a spreadsheet would run', () => {
    fc.assert(
      fc.property(cell, (text) => {
        const written = exportCell(text);
        const shown = written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written;
        expect(shown).not.toMatch(/^[=+\-@\t\r]/);
        expect(importCell(shown)).toBe(text);
      }),
      { numRuns: 1000 },
    );
    expect(exportCell('=HYPERLINK("http://x","y")')).toBe(`"'=HYPERLINK(""http://x"",""y"")"`);
  });

  it('count lines as an editor does, over quoted line breaks and any line ending', () => {
    const lines = (text: string) => readInParts([text]).map(({ line, cells }) => [line, ...cells]);
    expect(lines('\uFEFFa,b\r\n"c\r\nd",e\n\nf\rg')).toEqual([
      [1, 'a', 'b'],
      [2, 'c\r\nd', 'e'],
      [5, 'f'],
      [6, 'g'],
    ]);
    expect(readInParts(['a\n"open'])[1]).toMatchObject({ line: 2, problem: 'opens a quote that is never closed' });
    const long = readInParts([`${'x'.repeat(1_000_000)}\nb`]);
    expect(long[0]?.problem).toMatch(/longer than/);
    expect(long[0]?.cells[0]?.length).toBeLessThan(5_000);
    expect(long[1]).toEqual({ line: 2, cells: ['b'] });
  });

  it('tell every line that can not be taken, and why', () => {
    const read = (text: string) =>
      readListFile(startOfListFile(), text, {
        subject: 'ip',
        reason: 'from a file',
        now: new Date('2026-11-23T00:00:00Z'),
        last: true,
      });
    const { entries, problems } = read(
      [
        'value,reason,expires_at',
        '203.0.113.9/24,proxies,2027-01-31',
        'nonsense,x,',
        '198.51.100.1,,2027-02-30',
        '198.51.100.2,,2020-01-01',
        '198.51.100.3,,tomorrow',
        '198.51.100.4,a,,surplus',
        '198.51.100.5',
        `198.51.100.6,${'r'.repeat(201)}`,
        '198.51.100.7,\uFFFD\uFFFD',
      ].join('\n'),
    );
    expect(entries).toEqual([
      {
        line: 2,
        value: '203.0.113.0/24',
        reason: 'proxies',
        source: 'import',
        expiresAt: new Date('2027-01-31T00:00:00Z'),
      },
      { line: 8, value: '198.51.100.5', reason: 'from a file', source: 'import', expiresAt: undefined },
    ]);
    expect(problems.map(({ line, message }) => [line, message.split(' ').slice(0, 3).join(' ')])).toEqual([
      [3, 'value is not'],
      [4, 'expires_at is not'],
      [5, 'expires_at is in'],
      [6, 'expires_at is not'],
      [7, 'has 4 columns'],
      [9, 'reason is longer'],
      [10, 'is not UTF-8'],
    ]);
    expect(read('203.0.113.1,why,,partner').entries[0]).toMatchObject({ reason: 'why', source: 'partner' });
    expect(() => read('value,note\n1.1.1.1,x')).toThrow('"note"');
  });
});
