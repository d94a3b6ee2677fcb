import type { PasteProblem } from '@tributary/contracts/signature-doctor';

/** An HTTP message as somebody pasted it. Header names are lower case; without a start line it has neither method nor status. */
export type Pasted = {
  method: string | undefined;
  /** Path and query, as pasted. */
  target: string | undefined;
  host: string | undefined;
  status: number | undefined;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** The line on which the body begins, from 1. */
  bodyLine: number;
};

/** A paste that is no message. `line` counts from 1. */
export class PasteError extends Error {
  override readonly name = 'PasteError';
  readonly line: number;
  readonly problem: PasteProblem;

  constructor(line: number, problem: PasteProblem) {
    super(`line ${line}: ${problem}`);
    this.line = line;
    this.problem = problem;
  }
}

const requestLine = /^([A-Za-z]+) +(\S+)( +HTTP\/[\d.]+)?$/;
const statusLine = /^HTTP\/[\d.]+ +(\d{3})( .*)?$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Reads a raw HTTP message: a start line, headers, an empty line, and then the body to the last character. A bare body, a
 * bare link and headers without a start line are taken too.
 * @throws PasteError saying which line is no part of a message
 */
export function parsePaste(text: string): Pasted {
  const lines = text.split(/\r?\n/);
  const begin = lines.findIndex((line) => line.trim() !== '');
  const first = lines[begin]?.trim();
  if (first === undefined) throw new PasteError(1, 'empty');
  if (/^curl\s/.test(first)) throw new PasteError(begin + 1, 'curl_command');
  const none = { method: undefined, target: undefined, host: undefined, status: undefined, headers: {} };
  const asked = requestLine.exec(first);
  const answered = statusLine.exec(first);
  if (asked && methods.has((asked[1] ?? '').toUpperCase())) {
    const read = readHeaders(text, lines, begin + 1);
    return { ...none, method: asked[1], ...targetOf(asked[2] ?? '', read.headers), ...read };
  }
  if (answered) return { ...none, status: Number(answered[1]), ...readHeaders(text, lines, begin + 1) };
  if (/^https?:\/\/\S+$/i.test(first) && lines.slice(begin + 1).every((line) => line.trim() === ''))
    return { ...none, method: 'GET', ...targetOf(first, {}), body: '', bodyLine: begin + 1 };
  // A header: a name and a colon; a form has its `=` first, and JSON begins with a brace.
  if (headerLine.test(first) && !/^[[{"]/.test(first)) return { ...none, ...readHeaders(text, lines, begin) };
  if (!/^[[{]/.test(first) && !/^[^\s=&]+=/.test(first)) throw new PasteError(begin + 1, 'no_start_line');
  return { ...none, body: after(text, begin), bodyLine: begin + 1 };
}

function readHeaders(text: string, lines: readonly string[], from: number) {
  const headers: Record<string, string> = {};
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line.trim() === '') return { headers, body: after(text, at + 1), bodyLine: at + 2 };
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined) throw new PasteError(at + 1, 'header_without_colon');
    headers[name.toLowerCase()] = value ?? '';
  }
  return { headers, body: '', bodyLine: lines.length };
}

/** The text from a line on, its line ends as they are. */
function after(text: string, line: number): string {
  let at = 0;
  for (let passed = 0; passed < line; passed += 1) {
    const end = text.indexOf('\n', at);
    if (end < 0) return '';
    at = end + 1;
  }
  return text.slice(at);
}

function targetOf(text: string, headers: Readonly<Record<string, string>>) {
  const [, host, rest] = /^https?:\/\/([^/?#]+)([^#]*)/i.exec(text) ?? [];
  if (host === undefined) return { target: text, host: headers.host };
  return { target: rest?.startsWith('/') ? rest : `/${rest ?? ''}`, host };
}
