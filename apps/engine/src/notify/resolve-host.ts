import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';

const triesOf = { timeout: 2_000, tries: 2 };

/**
 * All addresses of a name, by its name servers alone. Not by the system's resolver, which works in a few threads that the
 * whole process shares: some names whose servers stay silent would hold up everybody's. `localhost` is this machine.
 *
 * @param signal ends the look-up
 * @param servers others than the system's, as `address:port`
 * @throws Error of `node:dns`, when there is neither an IPv4 nor an IPv6 address
 */
export async function resolveHost(
  host: string,
  signal: AbortSignal,
  servers?: readonly string[],
): Promise<LookupAddress[]> {
  if (/^(?:.+\.)?localhost$/i.test(host))
    return [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ];
  signal.throwIfAborted();
  const resolver = new Resolver(triesOf);
  if (servers) resolver.setServers(servers);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const addresses = found.flatMap((answer, at) =>
      answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: at === 0 ? 4 : 6 })) : [],
    );
    const [failed] = found.filter((answer) => answer.status === 'rejected');
    if (addresses.length === 0 && failed) throw failed.reason;
    return addresses;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
