import { pointer } from './rule-issue.ts';

type Open = { keys: Set<string> | undefined; at: string; part: string | number };

/**
 * Where an object of a JSON text has the same key twice, as a JSON pointer to it; undefined where none has. JSON.parse
 * keeps the last one and says nothing, so that what was read and what was meant would differ. The text must be JSON.
 */
export function findDuplicateKey(text: string): { path: string; key: string } | undefined {
  const open: Open[] = [];
  let awaitsKey = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    const inner = open.at(-1);
    if (char === '{' || char === '[') {
      awaitsKey = char === '{';
      const at = inner ? pointer(inner.at, inner.part) : '';
      open.push({ keys: awaitsKey ? new Set() : undefined, at, part: awaitsKey ? '' : 0 });
    } else if (char === '}' || char === ']') {
      open.pop();
      awaitsKey = false;
    } else if (char === ',' && inner) {
      awaitsKey = inner.keys !== undefined;
      if (typeof inner.part === 'number') inner.part++;
    } else if (char === '"') {
      const start = i;
      i++;
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
      if (!awaitsKey || !inner?.keys) continue;
      // Two spellings of one key are one key.
      const key = JSON.parse(text.slice(start, i + 1)) as string;
      if (inner.keys.has(key)) return { path: pointer(inner.at, key), key };
      inner.keys.add(key);
      inner.part = key;
      awaitsKey = false;
    }
  }
  return undefined;
}
