/** One secret, by a name that may be printed, and every form in which it could get out. */
export type Needle = { name: string; forms: ReadonlyMap<string, Buffer> };

// Shorter pieces turn up by chance.
const fewest = 12;

/**
 * A secret as it could appear anywhere: raw, as a JSON text, in hex, URL-encoded, and in base64 wherever it begins within
 * a longer text. Of a PEM block also its body in one piece and a line of it, and the bytes that it stands for.
 */
export function needleOf(name: string, secret: string): Needle {
  const forms = new Map<string, Buffer>();
  const add = (form: string, text: string | Buffer) => {
    const bytes = Buffer.from(text);
    if (bytes.length >= fewest) forms.set(form, bytes);
  };
  const addAll = (what: string, bytes: Buffer) => {
    add(`${what} raw`, bytes);
    const hex = bytes.toString('hex');
    add(`${what} hex`, hex);
    add(`${what} HEX`, hex.toUpperCase());
    const text = bytes.toString();
    add(`${what} URL-encoded`, encodeURIComponent(text));
    add(`${what} form`, new URLSearchParams([['x', text]]).toString().slice(2));
    for (const shift of [0, 1, 2]) {
      const within = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
      // The first and the last characters depend on what stands beside it.
      const sure = within.slice(shift === 0 ? 0 : 4, Math.floor(((shift + bytes.length) * 8) / 6) - 3);
      add(`${what} base64+${shift}`, sure);
      add(`${what} base64url+${shift}`, sure.replaceAll('+', '-').replaceAll('/', '_'));
    }
  };
  addAll('text', Buffer.from(secret));
  add('JSON', JSON.stringify(secret).slice(1, -1));
  const lines = secret.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('-----'));
  if (secret.startsWith('-----BEGIN') && lines.length > 2) {
    const body = lines.join('');
    add('PEM body', body);
    // Not the first: all keys of a kind begin alike.
    for (const [index, line] of lines.entries()) if (index > 0) addAll(`PEM line ${index}`, Buffer.from(line));
    const der = Buffer.from(body, 'base64');
    addAll('DER', der.subarray(Math.floor(der.length / 3), Math.floor(der.length / 3) + 64));
  }
  return { name, forms };
}

/** Which secrets are in there, and in which form. Never the secret itself: a failing test must not print it. */
export function findSecrets(haystack: Buffer | string, needles: readonly Needle[]): string[] {
  const bytes = Buffer.isBuffer(haystack) ? haystack : Buffer.from(haystack);
  return needles.flatMap(({ name, forms }) =>
    [...forms].filter(([, form]) => bytes.includes(form)).map(([form]) => `${name} (${form})`),
  );
}
