import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { maskText } from '../gateway/mask.ts';
import { ForbiddenUrl, guardUrl } from './url-guard.ts';

/** What came of one try. Without a status the endpoint did not answer. */
export type Posted = {
  status?: number;
  error?: string;
  /** The beginning of the answer, masked. */
  answer?: string;
  /** Refused by our own guard: nothing was sent. */
  forbidden?: boolean;
  durationMs: number;
};

const timeoutMs = 15_000;
const connectMs = 5_000;
/** Read at most, so that an endless answer costs nothing; kept at most. */
const readBytes = 64 * 1024;
const keptBytes = 1024;

/**
 * Sends one webhook: to an address that was just checked, over a connection of its own, without following redirects. Never
 * throws.
 */
export async function postWebhook(
  url: string,
  headers: Record<string, string>,
  body: string,
  options: Omit<Parameters<typeof guardUrl>[1], 'signal'>,
): Promise<Posted> {
  const began = performance.now();
  const took = () => Math.round(performance.now() - began);
  let agent: Agent | undefined;
  try {
    // One limit for all of it, the look-up of the name included.
    const signal = AbortSignal.timeout(timeoutMs);
    const guarded = await guardUrl(url, { ...options, signal });
    agent = new Agent({ connect: { timeout: connectMs, lookup: onlyTo(guarded.addresses) } });
    const response = await request(guarded.url, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json', 'user-agent': 'Tributary-Webhooks/1.0', ...headers },
      body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal,
    });
    const answer = await beginningOf(response.body);
    const { statusCode: status } = response;
    return {
      status,
      ...(answer ? { answer } : {}),
      ...(status >= 300 ? { error: `answered ${status}` } : {}),
      durationMs: took(),
    };
  } catch (error) {
    return {
      error: error instanceof Error ? error.message.slice(0, 300) : String(error),
      ...(error instanceof ForbiddenUrl ? { forbidden: true } : {}),
      durationMs: took(),
    };
  } finally {
    await agent?.destroy();
  }
}

/** A resolver that knows the checked addresses only: what the name says a moment later does not matter. */
function onlyTo(addresses: LookupAddress[]): LookupFunction {
  return (_host, options, done) => {
    const [first] = addresses;
    if (options.all) done(null, addresses);
    else if (first) done(null, first.address, first.family);
  };
}

/** The status counts; an answer that breaks off, or never ends, does not undo it. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of body) {
      if (bytes < keptBytes) parts.push(part);
      bytes += part.length;
      if (bytes >= readBytes) break;
    }
  } catch {
    // As above.
  }
  const text = Buffer.concat(parts)
    .subarray(0, keptBytes)
    .toString('utf8')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: Postgres takes no NUL, and nobody wants to see the others
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '\ufffd');
  return maskText(text);
}
