import type { WireRequest, WireResponse } from '@tributary/channels/channel-adapter';
import { Pool } from 'undici';

/** What became of the bytes. `not_sent` is only said when it is certain that none left. */
export type SendOutcome =
  | { kind: 'answered'; response: WireResponse }
  | { kind: 'not_sent'; error: string }
  | { kind: 'timeout'; error: string }
  | { kind: 'connection_lost'; error: string }
  | { kind: 'too_large'; error: string };

export type Send = (baseUrl: string, request: WireRequest, timeoutMs: number) => Promise<SendOutcome>;

/** A channel inside this process, for benchmarks and tests: addressed as `inproc://name`. */
export type InprocTransport = (request: WireRequest) => WireResponse | Promise<WireResponse>;

const maxBodyBytes = 1024 * 1024;

// The connection was never there, so no byte of the request can have left. Anything else (a reset on a connection that
// was kept alive, say) may have happened after the channel read the request.
const certainlyNotSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * The one sender for all channels: kept-alive connections per base URL, one deadline over connecting, headers and body,
 * a cap on the answer, never a retry.
 */
export function createSend({
  inproc = {},
  connections = 128,
}: {
  inproc?: Record<string, InprocTransport>;
  connections?: number;
}) {
  const pools = new Map<string, Pool>();

  function poolOf(origin: string): Pool {
    const existing = pools.get(origin);
    if (existing) return existing;
    const made = new Pool(origin, {
      connections,
      pipelining: 1,
      keepAliveTimeout: 10_000,
      connect: { timeout: 3_000 },
    });
    pools.set(origin, made);
    return made;
  }

  const send: Send = async (baseUrl, request, timeoutMs) => {
    if (baseUrl.startsWith('inproc://')) {
      const transport = inproc[baseUrl.slice('inproc://'.length)];
      if (!transport) return { kind: 'not_sent', error: `no ${baseUrl} in this process` };
      return { kind: 'answered', response: await transport(request) };
    }
    const url = new URL(baseUrl);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new DeadlinePassed(timeoutMs)), timeoutMs);
    try {
      const response = await poolOf(url.origin).request({
        method: request.method,
        path: url.pathname.replace(/\/$/, '') + request.path,
        headers: request.headers,
        body: request.body === '' ? null : request.body,
        signal: deadline.signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of response.body) {
        size += chunk.length;
        if (size > maxBodyBytes) {
          response.body.destroy();
          return { kind: 'too_large', error: `more than ${maxBodyBytes} bytes` };
        }
        chunks.push(chunk);
      }
      const headers = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(', ') : String(value),
        ]),
      );
      return { kind: 'answered', response: { status: response.statusCode, headers, body: Buffer.concat(chunks) } };
    } catch (error) {
      return outcomeOf(error, deadline.signal);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    send,
    close: async () => void (await Promise.allSettled([...pools.values()].map((pool) => pool.destroy()))),
  };
}

class DeadlinePassed extends Error {
  constructor(timeoutMs: number) {
    super(`no complete answer within ${timeoutMs} ms`);
  }
}

function outcomeOf(error: unknown, signal: AbortSignal): SendOutcome {
  const code = codeOf(error);
  const message = error instanceof Error ? `${code ? `${code}: ` : ''}${error.message}` : String(error);
  if (code && certainlyNotSent.has(code)) return { kind: 'not_sent', error: message };
  if (signal.aborted || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return { kind: 'timeout', error: message };
  return { kind: 'connection_lost', error: message };
}

/** The error's code; several addresses tried in vain count only when all of them were refused alike. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) {
    const codes = error.errors.map(codeOf);
    return codes.length > 0 && codes.every((code) => code && certainlyNotSent.has(code)) ? codes[0] : undefined;
  }
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
