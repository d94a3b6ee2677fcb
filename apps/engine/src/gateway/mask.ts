const hidden = '***';
const maxText = 8 * 1024;

// 13 to 19 digits that look like a card number; our own numbers have letters.
const cardLike = /(?<![0-9A-Za-z])\d{13,19}(?![0-9A-Za-z])/g;

const alwaysHidden = new Set(['authorization', 'cookie', 'set-cookie', 'wechatpay-signature', 'tributary-signature']);

/** A text short enough to keep; what is cut is said. */
const bounded = (text: string): string =>
  text.length <= maxText ? text : `${text.slice(0, maxText)}… (${text.length} characters)`;

/** Headers as they may be stored: credentials and signatures hidden. */
export function maskHeaders(headers: Record<string, string>, sensitive: ReadonlySet<string>): Record<string, string> {
  const names = new Set([...sensitive].map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const lower = name.toLowerCase();
      return [name, alwaysHidden.has(lower) || names.has(lower) ? hidden : bounded(String(value))];
    }),
  );
}

/**
 * A body as it may be stored: sensitive fields hidden at any depth, card-like digits hidden, bounded. What is not JSON
 * is kept only as its length, because nobody can say what is in it.
 */
export function maskBody(body: string, sensitive: ReadonlySet<string>): string {
  if (body === '') return '';
  const names = new Set([...sensitive].map((name) => name.toLowerCase()));
  try {
    return bounded(JSON.stringify(maskValue(JSON.parse(body), names)));
  } catch {
    return `(${Buffer.byteLength(body)} bytes, not JSON)`;
  }
}

function maskValue(value: unknown, names: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return value.replace(cardLike, hidden);
  if (Array.isArray(value)) return value.map((item) => maskValue(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      names.has(name.toLowerCase()) ? hidden : maskValue(item, names),
    ]),
  );
}

/** A path as it may be stored: values of sensitive query parameters hidden. */
export function maskPath(path: string, sensitive: ReadonlySet<string>): string {
  const [before, query] = path.split('?', 2);
  if (!query || !before) return path;
  const names = new Set([...sensitive].map((name) => name.toLowerCase()));
  const parts = query.split('&').map((part) => {
    const name = part.split('=', 1)[0] ?? '';
    return names.has(decodeURIComponent(name).toLowerCase()) ? `${name}=${hidden}` : part;
  });
  return `${before}?${parts.join('&')}`;
}
