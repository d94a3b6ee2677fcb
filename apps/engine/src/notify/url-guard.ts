import type { LookupAddress } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { resolveHost } from './resolve-host.ts';

/** Why a webhook URL is not called. */
export class ForbiddenUrl extends Error {}

const maxAddresses = 16;

/** Public by their number, yet answered inside a cloud: Azure's host services. */
const answeredInside: ReadonlySet<string> = new Set(['168.63.129.16']);
/** All that is assigned for the public internet; what is carved out of it for other uses has a range of its own. */
const globalV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Only addresses of the public internet: everything else could be our own network, or a cloud's metadata service. Addresses
 * that carry another one in them (mapped, translated by NAT64, 6to4, Teredo) lead somewhere else and are refused as well.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast' || answeredInside.has(parsed.toString())) return false;
  return parsed.kind() === 'ipv4' || parsed.match(globalV6);
}

const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';

/**
 * Checks a URL and resolves it once; the caller must connect to one of the returned addresses, so that a name which
 * answers differently a moment later leads nowhere.
 * @param allowLoopback for demonstrations and tests on one machine only
 * @param signal ends the look-up of its name
 * @throws ForbiddenUrl
 */
export async function guardUrl(
  text: string,
  {
    allowLoopback,
    signal,
    resolve = (host) => resolveHost(host, signal),
  }: { allowLoopback: boolean; signal: AbortSignal; resolve?: (host: string) => Promise<LookupAddress[]> },
): Promise<{ url: URL; addresses: LookupAddress[] }> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ForbiddenUrl('not a URL');
  }
  if (url.username || url.password) throw new ForbiddenUrl('credentials in the URL');
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const addresses = ipaddr.isValid(host)
    ? [{ address: host, family: host.includes(':') ? 6 : 4 }]
    : await resolve(host);
  if (addresses.length === 0 || addresses.length > maxAddresses) throw new ForbiddenUrl('the host has no address');
  const local = allowLoopback && addresses.every(({ address }) => isLoopback(address));
  if (local) return { url, addresses };
  if (url.protocol !== 'https:') throw new ForbiddenUrl('not https');
  if (url.port !== '' && url.port !== '8443') throw new ForbiddenUrl('port is not 443 or 8443');
  const bad = addresses.find(({ address }) => !isPublicAddress(address));
  if (bad) throw new ForbiddenUrl(`${bad.address} is not a public address`);
  return { url, addresses };
}
