/**
 * `application/x-www-form-urlencoded` as bytes: names as text, values as the bytes that the percent signs stand for, so
 * that a signature over them can be checked whatever character set they are in.
 * @returns undefined when a percent sign is not followed by two hex digits, a name comes twice, or there is none
 */
export function parseForm(body: Buffer): ReadonlyMap<string, Buffer> | undefined {
  const fields = new Map<string, Buffer>();
  for (const pair of body.toString('latin1').split('&')) {
    if (pair === '') continue;
    const split = pair.indexOf('=');
    const name = decode(split < 0 ? pair : pair.slice(0, split));
    const value = decode(split < 0 ? '' : pair.slice(split + 1));
    if (name === undefined || value === undefined || fields.has(name.toString('utf8'))) return undefined;
    fields.set(name.toString('utf8'), value);
  }
  return fields.size === 0 ? undefined : fields;
}

function decode(text: string): Buffer | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const plain = text
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}

/**
 * Whether a value holds what reads like another field. Signatures over `name=value&name=value` are the same for two
 * fields as for one that has swallowed its neighbour, so a genuine message can be made to keep silent about a field.
 */
export const hidesField = (values: Iterable<string>, names: ReadonlySet<string>): boolean =>
  [...values].some((value) => [...value.matchAll(/&([^&=]+)=/g)].some(([, name = '']) => names.has(name)));

/** Writes a form in UTF-8; blanks as `%20`, which every reader understands alike (some take `+` for itself). */
export const writeForm = (fields: Iterable<readonly [string, string]>): string =>
  [...fields].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
