import ipaddr from 'ipaddr.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/**
 * Whether an address is in one of the ranges (addresses or CIDR). Total: what can't be read matches nothing. IPv4 that
 * arrives as IPv6 (`::ffff:10.0.0.1`) is IPv4.
 */
export function isInRanges(ranges: readonly string[], ip: string | undefined): boolean {
  if (!ip || !ipaddr.isValid(ip)) return false;
  const address = ipaddr.process(ip);
  return ranges.some((text) => {
    const range = rangeOf(text);
    return range !== undefined && range[0].kind() === address.kind() && address.match(range);
  });
}

function rangeOf(text: string): Range | undefined {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    return undefined;
  }
}
