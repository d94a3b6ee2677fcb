import type { SignatureCause } from '@tributary/contracts/signature-doctor';
import { bodyMistakes } from './body-mistakes.ts';
import type { Mistake } from './examine.ts';

/** A message to sign that is lines: each ends with a line break, and the last one is the body or stands for it. */
export type SignedLines = { head: readonly string[]; body: Buffer; lineBreak: string; final: string };

export const linesOf = (head: readonly string[], body: Buffer): SignedLines => ({
  head,
  body,
  lineBreak: '\n',
  final: '\n',
});

/** @param bodyLine what stands for the body in its line: itself, or e.g. its hash */
export const renderLines =
  (bodyLine: (body: Buffer) => Buffer = (body) => body) =>
  ({ head, body, lineBreak, final }: SignedLines): Buffer =>
    Buffer.concat([Buffer.from(head.map((line) => line + lineBreak).join('')), bodyLine(body), Buffer.from(final)]);

const lineMistakes: readonly Mistake<SignedLines>[] = [
  { cause: 'final_newline_missing', made: (parts) => [{ ...parts, final: '' }] },
  {
    cause: 'line_endings',
    made: (parts) => [{ ...parts, lineBreak: '\r\n', final: parts.final === '' ? '' : '\r\n' }],
  },
  {
    cause: 'literal_newlines',
    made: (parts) => [
      { ...parts, lineBreak: '\\n', final: parts.final === '' ? '' : '\\n' },
      { ...parts, lineBreak: '', final: '' },
    ],
  },
];

const ofBody: readonly Mistake<SignedLines>[] = bodyMistakes.map(({ cause, made }) => ({
  cause,
  made: (parts) => made(parts.body).map((body) => ({ ...parts, body })),
}));

/** Changes of one line of the head. */
export const headMistake = (
  cause: SignatureCause,
  index: number,
  change: (line: string) => (string | undefined)[],
): Mistake<SignedLines> => ({
  cause,
  made: (parts) =>
    change(parts.head[index] ?? '')
      .filter((line) => line !== undefined && line !== parts.head[index])
      .map((line) => ({ ...parts, head: parts.head.with(index, line ?? '') })),
});

/** Two lines of the head that are taken for each other. */
export const swappedLines = (a: number, b: number): Mistake<SignedLines> => ({
  cause: 'lines_in_another_order',
  made: (parts) => [{ ...parts, head: parts.head.with(a, parts.head[b] ?? '').with(b, parts.head[a] ?? '') }],
});

/** What goes wrong with a request's method and path, its first two lines. */
export const requestLineMistakes = (host: string | undefined): readonly Mistake<SignedLines>[] => [
  headMistake('method_case', 0, (method) => [method.toLowerCase()]),
  headMistake('path_without_query', 1, (path) => [path.split('?', 1)[0]]),
  headMistake('path_with_host', 1, (path) =>
    host ? [`https://${host}${path}`, `http://${host}${path}`, host + path] : [],
  ),
  headMistake('path_decoded', 1, (path) => [decoded(path), decoded(path.replaceAll('+', ' '))]),
];

export const lineAndBodyMistakes: readonly Mistake<SignedLines>[] = [...ofBody, ...lineMistakes];

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
