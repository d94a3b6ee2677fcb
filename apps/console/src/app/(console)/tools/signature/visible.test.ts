import { describe, expect, it } from 'vitest';
import { indexOfByte, visiblePieces } from './visible.ts';

const shown = (text: string, at?: number) =>
  visiblePieces(text, at)
    .map((piece) => (piece.marked ? `<${piece.text}>` : piece.text))
    .join('');

describe('a text with its invisible characters', () => {
  it('shows line breaks, blanks at the ends, and what has no shape', () => {
    expect(shown('POST\n/v1\r\n a  b \n\n')).toBe('POST↵\n/v1␍↵\n·a  b·↵\n↵\n');
    expect(shown('\ufeffa\u200bb\tc\u00a0\u0000')).toBe('[BOM]a[U+200B]b⇥c⍽[U+0000]');
    expect(shown('')).toBe('');
  });

  it('marks the character that holds the byte, and the end', () => {
    expect(shown('a拿b', 0)).toBe('<a>拿b');
    expect(shown('a拿b', 2)).toBe('a<拿>b');
    expect(shown('a😀\n', 5)).toBe('a😀<↵>\n');
    expect(shown('ab', 2)).toBe('ab<∎>');
    expect(indexOfByte('a拿b', 4)).toBe(2);
  });
});
