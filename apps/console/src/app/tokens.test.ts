import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync(path.join(import.meta.dirname, 'globals.css'), 'utf8');

/** The custom properties of one block of the style sheet. */
function tokensOf(selector: string): Record<string, string> {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf('}', start));
  return Object.fromEntries([...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]));
}

/** WCAG 2.x relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const tones = ['success', 'processing', 'pending', 'failed', 'warn', 'blocked', 'refunded', 'closed'];
const text: [string, string][] = [
  ...['fg', 'muted', 'subtle', 'primary', 'failed', 'success', 'warn'].flatMap((ink): [string, string][] => [
    [ink, 'bg'],
    [ink, 'surface'],
  ]),
  ['on-primary', 'primary'],
  ...tones.map((tone): [string, string] => [tone, `${tone}-bg`]),
];

describe.each([
  ['light', tokensOf(':root')],
  ['dark', tokensOf(':root[data-theme="dark"]')],
])('%s colours', (_, tokens) => {
  const of = (name: string) => tokens[name] ?? '#000000';

  it('has every token', () => {
    expect(Object.keys(tokens).sort()).toEqual(Object.keys(tokensOf(':root')).sort());
  });
  it.each(text)('%s on %s can be read', (ink, ground) => {
    expect(ratio(of(ink), of(ground))).toBeGreaterThanOrEqual(4.5);
  });
  it.each([
    ['edge', 'bg'],
    ['edge', 'surface'],
    ['primary', 'bg'],
  ])('the edge of a control, %s on %s, can be seen', (edge, ground) => {
    expect(ratio(of(edge), of(ground))).toBeGreaterThanOrEqual(3);
  });
});
