import * as z from 'zod';
import { parseForm } from '../wire/form.ts';
import type { Message } from './sign.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads an answer: `name=value&…` as it is, not percent-encoded, where a value in braces may hold `&` itself.
 * @returns undefined when the bytes are no such text, or a name comes twice
 */
export function parseAnswer(body: Buffer): Message | undefined {
  const text = decode(body);
  if (text === undefined) return undefined;
  const fields = new Map<string, string>();
  for (const part of splitOutsideBraces(text.trim())) {
    const at = part.indexOf('=');
    if (at < 1 || fields.has(part.slice(0, at))) return undefined;
    fields.set(part.slice(0, at), part.slice(at + 1));
  }
  return fields;
}

/** Reads a callback: the same fields as an ordinary form. @returns undefined when the bytes are none */
export function parseCallback(body: Buffer): Message | undefined {
  const form = parseForm(body);
  if (form === undefined) return undefined;
  const fields = new Map<string, string>();
  for (const [name, value] of form) {
    const text = decode(value);
    if (text === undefined) return undefined;
    fields.set(name, text);
  }
  return fields;
}

function splitOutsideBraces(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth = Math.max(0, depth - 1);
    else if (text[at] === '&' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function decode(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const minorUnits = z
  .string()
  .regex(/^[1-9]\d{0,14}$/)
  .transform(BigInt);

/** What every message says; the rest depends on the kind of transaction. Amounts in minor units. */
export const messageSchema = z.object({
  merId: z.string(),
  orderId: z.string(),
  txnTime: z.string(),
  txnType: z.string(),
  respCode: z.string().regex(/^[0-9A-Z]{2}$/),
  respMsg: z.string().optional(),
  origRespCode: z
    .string()
    .regex(/^[0-9A-Z]{2}$/)
    .optional(),
  origRespMsg: z.string().optional(),
  queryId: z.string().min(1).max(64).optional(),
  txnAmt: minorUnits.optional(),
  currencyCode: z.string().optional(),
  qrCode: z.string().min(1).max(1024).optional(),
});
export type Answer = z.infer<typeof messageSchema>;
