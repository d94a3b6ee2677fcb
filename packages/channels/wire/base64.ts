/**
 * Decodes standard base64 and nothing else: no white space, no URL alphabet, no missing padding, no stray bits.
 * Node's own decoder skips what it does not know, so two texts could mean the same signature.
 * @returns undefined when the text is not the one canonical encoding of its bytes
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : undefined;
}
