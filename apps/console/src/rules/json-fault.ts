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
