const hidden = '***';
const maxText = 8 * 1024;
const maxHeaders = 64;
// Deeper than any channel nests; what lies below is hidden rather than looked through.
const maxDepth = 64;

// 13 to 19 digits that look like a card number; our own numbers have letters.
const cardLike = /(?<![0-9A-Za-z])\d{13,19}(?![0-9A-Za-z])/g;

const alwaysHidden = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'wechatpay-signature',
  'tributary-signature',
]);

/** A text short enough to keep; what is cut is said. */
const bounded = (text: string): string =>
  text.length <= maxText ? text : `${text.slice(0, maxText)}… (${text.length} characters)`;

/** A message of ours or of a library as it may be stored: card-like digits hidden, bounded. */
export const maskText = (text: string): string => bounded(text.replace(cardLike, hidden));

const lowered = (sensitive: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...sensitive].map((name) => name.toLowerCase()));

/** Headers as they may be stored: credentials and signatures hidden, bounded in number and length. */
export function maskHeaders(headers: Record<string, string>, sensitive: ReadonlySet<string>): Record<string, string> {
  const names = lowered(sensitive);
  return Object.fromEntries(
    Object.entries(headers)
      .slice(0, maxHeaders)
      .map(([name, value]) => {
        const lower = name.toLowerCase();
        return [name, alwaysHidden.has(lower) || names.has(lower) ? hidden : maskText(String(value)).slice(0, 1024)];
      }),
  );
}

/**
 * A body as it may be stored: sensitive fields hidden at any depth (in JSON inside a JSON text too), card-like digits
 * hidden, bounded. Form fields are treated alike. What is neither is kept only as its length, because nobody can say
 * what is in it.
 */
export function maskBody(body: string, sensitive: ReadonlySet<string>): string {
  if (body === '') return '';
  const names = lowered(sensitive);
  const parsed = parseJson(body);
  if (parsed !== undefined) return bounded(JSON.stringify(maskValue(parsed.value, names, 0)));
  if (/^[\w.~-]+=[^\s<>{}]*$/.test(body)) return bounded(maskForm(body, names));
  return `(${Buffer.byteLength(body)} bytes, not JSON)`;
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function maskValue(value: unknown, names: ReadonlySet<string>, depth: number): unknown {
  if (typeof value === 'string') return maskString(value, names, depth);
  // No amount and no time has as many digits as a card number.
  if (typeof value === 'number') return Math.abs(value) >= 1e14 ? hidden : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return hidden;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, names, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.replace(cardLike, hidden),
      names.has(name.toLowerCase()) ? hidden : maskValue(item, names, depth + 1),
    ]),
  );
}

/** Some channels put JSON into a text of their JSON; it is looked through like the rest. */
function maskString(text: string, names: ReadonlySet<string>, depth: number): string {
  if (/^\s*[[{]/.test(text)) {
    const inner = parseJson(text);
    if (inner) return JSON.stringify(maskValue(inner.value, names, depth + 1));
  }
  return text.replace(cardLike, hidden);
}

function maskForm(form: string, names: ReadonlySet<string>): string {
  return form
    .split('&')
    .map((part) => {
      const [name = ''] = part.split('=', 1);
      const value = decoded(part.slice(name.length + 1));
      if (names.has(decoded(name).toLowerCase())) return `${name}=${hidden}`;
      return part.includes('=') ? `${name}=${encodeURIComponent(maskString(value, names, 0))}` : part;
    })
    .join('&')
    .replaceAll(encodeURIComponent(hidden), hidden);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** A path as it may be stored: values of sensitive query parameters and card-like digits hidden. Never throws. */
export function maskPath(path: string, sensitive: ReadonlySet<string>): string {
  const at = path.indexOf('?');
  if (at < 0) return maskText(path);
  return maskText(`${path.slice(0, at)}?${maskForm(path.slice(at + 1), lowered(sensitive))}`);
}
