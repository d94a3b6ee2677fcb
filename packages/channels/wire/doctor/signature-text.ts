import type { SignatureCause } from '@tributary/contracts/signature-doctor';
import { decodeBase64 } from '../base64.ts';

export type ReadSignature = { bytes: Buffer; causes: SignatureCause[] };

/** Reads a signature as strictly as it is verified, and otherwise finds out how its text went wrong. */
export function readSignature(text: string): ReadSignature | undefined {
  // Before base64: hex of a usual length reads as base64 too, of other bytes.
  if (/^(?:[0-9a-f]{2}){32,}$/i.test(text))
    return { bytes: Buffer.from(text, 'hex'), causes: ['hex_instead_of_base64'] };
  const strict = decodeBase64(text);
  if (strict) return { bytes: strict, causes: [] };
  for (const [cause, repaired] of repairs(text)) {
    const bytes = decodeBase64(repaired);
    if (bytes) return { bytes, causes: [cause] };
  }
  return undefined;
}

function* repairs(text: string): Generator<[SignatureCause, string]> {
  if (/%[0-9a-f]{2}/i.test(text)) yield ['base64_percent_encoded', percentDecoded(text)];
  // A form decodes `+` to a blank; blanks at the ends or line breaks are something else.
  if (/\S \S/.test(text)) yield ['base64_plus_became_space', text.replaceAll(' ', '+')];
  if (/\s/.test(text)) yield ['base64_white_space', text.replaceAll(/\s/g, '')];
  if (/[-_]/.test(text)) yield ['base64_url_alphabet', padded(text.replaceAll('-', '+').replaceAll('_', '/'))];
  yield ['base64_padding', padded(text.replace(/=+$/, ''))];
}

const padded = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '=');

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
