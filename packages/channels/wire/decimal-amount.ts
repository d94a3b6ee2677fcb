/** Minor units with two decimals as a decimal text: `1299n` becomes `12.99`. */
export function writeDecimal(minor: bigint): string {
  const digits = minor.toString().padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/**
 * Reads a decimal text with at most two decimals into minor units, exactly.
 * @returns undefined for anything else: signs, exponents, blanks, more decimals
 */
export function readDecimal(text: string): bigint | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  return BigInt(match[1] ?? '0') * 100n + BigInt((match[2] ?? '').padEnd(2, '0') || '0');
}
