// One token of JSON with the white space before it: punctuation, a text, or a number or word.
const token =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|[\x7f-\x9f])*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/uy;

type Want = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'next';

/**
 * Where text stops being JSON, as an index; undefined when it is JSON. The parsers of browsers say it each in their own
 * way, and for short texts not at all.
 */
export function findFault(text: string): number | undefined {
  const open: ('{' | '[')[] = [];
  let want: Want = 'value';
  let at = 0;
  for (;;) {
    const inside = open.at(-1);
    if (want === 'next' && inside === undefined) {
      const rest = /[^ \t\n\r]/.exec(text.slice(at));
      return rest ? at + rest.index : undefined;
    }
    token.lastIndex = at;
    const found = token.exec(text);
    const start = at + (/^[ \t\n\r]*/.exec(text.slice(at, at + (found?.[0].length ?? text.length)))?.[0].length ?? 0);
    if (!found) return start;
    const [whole, mark, string] = found;
    at += whole.length;
    if (mark === '{' || mark === '[') {
      if (want !== 'value' && want !== 'valueOrEnd') return start;
      open.push(mark);
      want = mark === '{' ? 'keyOrEnd' : 'valueOrEnd';
    } else if (mark === '}' || mark === ']') {
      const fits = mark === '}' ? inside === '{' && want !== 'value' : inside === '[';
      if (!fits || (want !== 'next' && want !== 'keyOrEnd' && want !== 'valueOrEnd')) return start;
      open.pop();
      want = 'next';
    } else if (mark === ',') {
      if (want !== 'next') return start;
      want = inside === '{' ? 'key' : 'value';
    } else if (mark === ':') {
      if (want !== 'colon') return start;
      want = 'value';
    } else if (want === 'key' || want === 'keyOrEnd') {
      if (!string) return start;
      want = 'colon';
    } else {
      if (want !== 'value' && want !== 'valueOrEnd') return start;
      want = 'next';
    }
  }
}

/**
 * The first key that an object of a JSON text has twice: where, as a JSON pointer, and the index of the second one.
 * JSON.parse keeps the last and says nothing, so what was seen would not be what is saved. The text must be JSON.
 */
export function findDoubleKey(text: string): { path: string; at: number } | undefined {
  const open: { keys: Set<string> | undefined; path: string; part: string | number }[] = [];
  const pathTo = (part: string | number, base: string) =>
    `${base}/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  let awaitsKey = false;
  token.lastIndex = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [whole, mark, string] = found;
    const inner = open.at(-1);
    if (mark === '{' || mark === '[') {
      awaitsKey = mark === '{';
      const path = inner ? pathTo(inner.part, inner.path) : '';
      open.push({ keys: awaitsKey ? new Set() : undefined, path, part: 0 });
    } else if (mark === '}' || mark === ']') {
      open.pop();
      awaitsKey = false;
    } else if (mark === ',' && inner) {
      awaitsKey = inner.keys !== undefined;
      if (!inner.keys) inner.part = Number(inner.part) + 1;
    } else if (string && awaitsKey && inner?.keys) {
      const key = JSON.parse(string) as string;
      if (inner.keys.has(key)) return { path: pathTo(key, inner.path), at: found.index + whole.length - string.length };
      inner.keys.add(key);
      inner.part = key;
      awaitsKey = false;
    }
  }
  return undefined;
}

/**
 * As JSON.parse, but stricter where it would lose what somebody wrote.
 * @throws SyntaxError for what is no JSON, and for a key that is there twice, naming it
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const double = findDoubleKey(text);
  if (double) throw new SyntaxError(`${double.path} is there twice`);
  return value;
}
