import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Answer, ReceivedRequest } from './channel-simulator.ts';
import type { CallPlan } from './faults.ts';

/** Bodies above this are refused: no call of any protocol comes near. */
const maxBodyBytes = 1_048_576;
const slowByteIntervalMs = 1000;
const oversizedBytes = 12 * 1_048_576;

/** What should happen on the wire: an answer, perhaps spoiled, or none. */
export type WireAction =
  | { kind: 'answer'; answer: Answer; mangle?: CallPlan['mangle'] | undefined }
  | { kind: 'silence' }
  | { kind: 'cut' }
  | { kind: 'reset' };

/** Decides about a request. `done` is called when the exchange is over, whatever way it ended. */
export type RequestHandler = (
  request: ReceivedRequest,
  remote: { isLoopback: boolean },
) => Promise<{
  action: WireAction;
  done?: () => void;
}>;

class BodyTooLarge extends Error {}

const readBody = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > maxBodyBytes) throw new BodyTooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
};

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address));

const parseTarget = (message: IncomingMessage, body: Buffer): ReceivedRequest => {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  return {
    method: message.method ?? 'GET',
    target,
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers: message.headers,
    body,
  };
};

const withoutSignature = ({ headers, signatureHeaders = [] }: Answer): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !signatureHeaders.includes(name)));

/** Flips the first character of the signature: still well formed, no longer true. */
const withBadSignature = ({ headers, signatureHeaders: [name = ''] = [] }: Answer): Record<string, string> => {
  const signature = headers[name];
  if (signature === undefined) return headers;
  return { ...headers, [name]: `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}` };
};

const sendSlowly = (response: ServerResponse, bytes: Buffer) => {
  let sent = 0;
  const next = () => {
    if (response.destroyed || sent >= bytes.length) {
      response.end();
      return;
    }
    response.write(bytes.subarray(sent, sent + 1));
    sent += 1;
    setTimeout(next, slowByteIntervalMs).unref();
  };
  next();
};

/** Half of what was announced, then silence; the socket stays open until the caller gives up. */
const sendHalf = (response: ServerResponse, answer: Answer) => {
  const body = Buffer.from(answer.body, 'utf8');
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': Math.max(body.length, 1) });
  response.flushHeaders();
  response.write(body.subarray(0, Math.floor(body.length / 2)));
};

const sendTruncated = (response: ServerResponse, answer: Answer) => {
  const half = Buffer.from(answer.body, 'utf8').subarray(0, Math.floor(Buffer.byteLength(answer.body) / 2));
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': half.length });
  response.end(half);
};

const sendOversized = (response: ServerResponse, answer: Answer) => {
  response.writeHead(answer.status, answer.headers);
  response.end(`${answer.body.replace(/\}$/, ',"padding":"')}${'x'.repeat(oversizedBytes)}"}`);
};

const sendAnswer = (response: ServerResponse, answer: Answer, mangle: CallPlan['mangle']) => {
  if (mangle === 'halfOpen') return sendHalf(response, answer);
  if (mangle === 'truncatedJson') return sendTruncated(response, answer);
  if (mangle === 'oversizedJson') return sendOversized(response, answer);
  const spoiled = mangle === 'unsigned' || mangle === 'badSignature' ? answer.spoiled?.[mangle] : undefined;
  const body = Buffer.from(spoiled ?? answer.body, 'utf8');
  const length = answer.status === 204 ? {} : { 'Content-Length': body.length };
  const signed =
    mangle === 'unsigned'
      ? withoutSignature(answer)
      : mangle === 'badSignature'
        ? withBadSignature(answer)
        : answer.headers;
  response.writeHead(answer.status, { ...signed, ...length });
  if (mangle === 'slowBytes') return sendSlowly(response, body);
  response.end(body);
};

const act = (response: ServerResponse, action: WireAction) => {
  switch (action.kind) {
    case 'answer':
      return sendAnswer(response, action.answer, action.mangle);
    case 'cut':
      return response.socket?.destroy();
    case 'reset':
      return response.socket?.resetAndDestroy();
    case 'silence':
      return undefined;
    default:
      return action satisfies never;
  }
};

const serve = async (message: IncomingMessage, response: ServerResponse, handle: RequestHandler): Promise<void> => {
  try {
    const request = parseTarget(message, await readBody(message));
    const { action, done } = await handle(request, { isLoopback: isLoopback(message.socket.remoteAddress) });
    if (done !== undefined) {
      // A connection that is already gone will never say "close" again.
      if (response.destroyed) done();
      else {
        const { socket } = message;
        // A caller who hung up is gone then, not when our half of the connection is closed too: its next call may be here by then.
        socket.once('end', done);
        response.once('close', () => {
          socket.off('end', done);
          done();
        });
      }
    }
    act(response, action);
  } catch (error) {
    if (error instanceof BodyTooLarge) {
      response.writeHead(413, { Connection: 'close' });
      response.end();
      return;
    }
    // Above all the ledger that can't be written: then nothing may be revealed, not even an error.
    process.stderr.write(`sandbox: ${error instanceof Error ? error.stack : String(error)}\n`);
    response.socket?.destroy();
  }
};

/** The HTTP server around a handler. */
export type HttpServer = { readonly port: number; close(): Promise<void> };

/** Starts to listen. Port 0 takes any free port. */
export const listen = async (handle: RequestHandler, port: number, host: string): Promise<HttpServer> => {
  const server: Server = createServer((message, response) => {
    void serve(message, response, handle);
  });
  // Longer than clients keep idle connections, so that they end them and not we in the middle of a request.
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // Calls that a fault left without an answer would keep us waiting for ever.
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
};
