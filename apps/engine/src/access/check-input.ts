import { AppError } from '../platform/app-error.ts';

/** Levels of nesting that an input may have: a document of 40 levels within a change, and some more. */
const maxDepth = 64;

type Level = { value: object; keys: readonly string[] | undefined; next: number; size: number };

/**
 * Refuses what no procedure may get, before anything recurses into it: nesting without end, keys that name prototypes,
 * and texts that Postgres would not keep (NUL, half a character). Goes over the input without recursion.
 * @throws AppError invalid_request naming the place
 */
export function checkInput(input: unknown): void {
  const levels: Level[] = [];
  const goodKeys = new Set<string>();
  const enter = (value: object): Level => {
    if (levels.length >= maxDepth) refuse(placeIn(levels), `has more than ${maxDepth} levels of nesting`);
    const keys = Array.isArray(value) ? undefined : Object.keys(value);
    const level = { value, keys, next: 0, size: keys ? keys.length : (value as unknown[]).length };
    levels.push(level);
    return level;
  };
  if (typeof input === 'string') checkText(input, levels);
  let level = typeof input === 'object' && input !== null ? enter(input) : undefined;
  while (level) {
    if (level.next >= level.size) {
      levels.pop();
      level = levels.at(-1);
      continue;
    }
    // Lists of numbers by the million come through here: nothing is made for each.
    const key: string | undefined = level.keys?.[level.next];
    const child: unknown = Reflect.get(level.value, key ?? level.next);
    level.next++;
    if (key !== undefined && !goodKeys.has(key)) {
      checkText(key, levels);
      if (key === '__proto__' || key === 'constructor' || key === 'prototype')
        refuse(placeIn(levels), 'is not a known field: the key names a prototype');
      goodKeys.add(key);
    }
    if (typeof child === 'string') checkText(child, levels);
    else if (typeof child === 'object' && child !== null) level = enter(child);
  }
}

/** Where the walk is, as `items.0.document`; short, whatever was sent. */
const placeIn = (levels: readonly Level[]): string =>
  levels
    .map(({ keys, next }) => (keys ? (keys[next - 1] ?? '') : String(next - 1)).slice(0, 40))
    .slice(0, 12)
    .join('.') || '(input)';

// Without the flag `u` a whole character would be two halves.
const broken = /[\0\p{Cs}]/u;

function checkText(text: string, levels: readonly Level[]): void {
  if (!broken.test(text)) return;
  refuse(placeIn(levels), text.includes('\0') ? 'contains a NUL character' : 'contains half a character');
}

function refuse(path: string, message: string): never {
  const shown = path.replaceAll(/[\0\p{Cs}]/gu, '\ufffd');
  throw new AppError('invalid_request', `${shown} ${message}`, { errors: [{ path: shown, message }] });
}
