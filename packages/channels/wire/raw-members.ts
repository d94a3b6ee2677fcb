/**
 * The members of a JSON object with the exact bytes of each value: channels sign a member as it was written, and writing
 * it anew would change its bytes. The text must be valid JSON in UTF-8; a repeated name is refused, since two readers
 * could then disagree on what was signed.
 * @returns undefined when the bytes are not one JSON object with different names
 */
export function rawMembers(bytes: Buffer): ReadonlyMap<string, Buffer> | undefined {
  if (!isJsonObject(bytes)) return undefined;
  const members = new Map<string, Buffer>();
  let at = skipSpace(bytes, bytes.indexOf(openBrace) + 1);
  while (bytes[at] === quote) {
    const nameEnd = endOfString(bytes, at);
    const name: string = JSON.parse(bytes.subarray(at, nameEnd).toString('utf8'));
    const valueStart = skipSpace(bytes, skipSpace(bytes, nameEnd) + 1);
    const valueEnd = endOfValue(bytes, valueStart);
    if (members.has(name)) return undefined;
    members.set(name, bytes.subarray(valueStart, valueEnd));
    at = skipSpace(bytes, valueEnd);
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1);
  }
  return members;
}

const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];

function isJsonObject(bytes: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at += 1;
  return at;
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}

function endOfValue(bytes: Buffer, start: number): number {
  if (bytes[start] === quote) return endOfString(bytes, start);
  let depth = 0;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === quote) {
      at = endOfString(bytes, at);
      continue;
    }
    if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) break;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && byte === comma) break;
    at += 1;
  }
  // A bare number or word: what follows it is white space.
  while (at > start && skipSpace(bytes, at - 1) !== at - 1) at -= 1;
  return at;
}
