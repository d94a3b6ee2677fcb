let table: ReadonlyMap<string, number> | undefined;

/** Encodes a text in GBK, which Node can only decode. @returns undefined when GBK has no such character */
export function encodeGbk(text: string): Buffer | undefined {
  table ??= readTable();
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else {
      const pair = table.get(character);
      if (pair === undefined) return undefined;
      bytes.push(pair >> 8, pair & 0xff);
    }
  }
  return Buffer.from(bytes);
}

function readTable(): ReadonlyMap<string, number> {
  const decoder = new TextDecoder('gbk');
  const made = new Map<string, number>();
  for (let high = 0x81; high <= 0xfe; high += 1) {
    for (let low = 0x40; low <= 0xfe; low += 1) {
      const character = decoder.decode(Uint8Array.of(high, low));
      if (low !== 0x7f && [...character].length === 1 && character !== '\ufffd') made.set(character, (high << 8) | low);
    }
  }
  return made;
}
