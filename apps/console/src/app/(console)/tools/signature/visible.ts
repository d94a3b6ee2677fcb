/** A piece of a text as it is shown: as it is, or a sign that stands for what can not be seen. */
export type Piece = { text: string; sign: boolean; marked: boolean };

const signs: Readonly<Record<string, string>> = { '\r': '␍', '\t': '⇥', '\u00a0': '⍽', '\ufeff': '[BOM]' };

// Line breaks and blanks at the ends of lines, and all that has no shape of its own.
const unseen = /\r|\n|\t|\u00a0|\ufeff|\p{Cc}|\p{Cf}|(?<=^|\n) +| +(?=\r?\n|$)/gu;

/**
 * A text with its line breaks and other invisible characters made visible.
 * @param at the byte (in UTF-8) to mark; at or behind the end it is the end that is marked
 */
export function visiblePieces(text: string, at?: number): Piece[] {
  if (at === undefined) return piecesOf(text, false);
  const index = indexOfByte(text, at);
  const marked = [...text.slice(index)][0] ?? '';
  return [
    ...piecesOf(text.slice(0, index), false),
    ...(marked === '' ? [{ text: '∎', sign: true, marked: true }] : piecesOf(marked, true)),
    ...piecesOf(text.slice(index + marked.length), false),
  ];
}

function piecesOf(text: string, marked: boolean): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(unseen)) {
    if (found.index > from) pieces.push({ text: text.slice(from, found.index), sign: false, marked });
    pieces.push({ text: signOf(found[0]), sign: true, marked });
    if (found[0] === '\n') pieces.push({ text: '\n', sign: false, marked: false });
    from = found.index + found[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), sign: false, marked });
  return pieces;
}

function signOf(unseenText: string): string {
  if (unseenText === '\n') return '↵';
  if (unseenText.startsWith(' ')) return '·'.repeat(unseenText.length);
  return signs[unseenText] ?? `[U+${(unseenText.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
}

/** The index of the character that holds a byte. */
export function indexOfByte(text: string, at: number): number {
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > at) return index;
    index += character.length;
  }
  return index;
}
