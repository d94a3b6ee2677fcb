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

// Codes by which a connection never came to be. Only believed together with the system call that failed: a connection
// that stood can end in "host unreachable" too, long after the channel has read the request.
const failedConnects = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);
const failedLookups = new Set(['ENOTFOUND', 'EAI_AGAIN']);

// Base URLs are configuration and can change while we run; what was used longest ago is closed.
const maxPools = 64;

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
    const [oldest] = pools.keys();
    if (pools.size >= maxPools && oldest !== undefined) {
      // Lets calls in flight finish.
      void pools.get(oldest)?.close();
      pools.delete(oldest);
    }
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
    if (!/^https?:/i.test(baseUrl) || !URL.canParse(baseUrl))
      return { kind: 'not_sent', error: 'the base URL is not an http(s) URL' };
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
  const { code } = (error ?? {}) as { code?: unknown };
  const message = error instanceof Error ? `${code ? `${String(code)}: ` : ''}${error.message}` : String(error);
  if (certainlyNotSent(error)) return { kind: 'not_sent', error: message };
  if (signal.aborted || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return { kind: 'timeout', error: message };
  return { kind: 'connection_lost', error: message };
}

/**
 * Whether no byte of the request can have left: the name was not found, or the connection never stood. Everything else,
 * a reset on a kept-alive connection above all, may have happened after the channel read the request.
 */
export function certainlyNotSent(error: unknown): boolean {
  // Several addresses tried in vain: certain only when all of them are.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(certainlyNotSent);
  if (!(error instanceof Error)) return false;
  const { code = '', syscall } = error as { code?: string; syscall?: string };
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  return (syscall === 'connect' && failedConnects.has(code)) || (syscall === 'getaddrinfo' && failedLookups.has(code));
}
