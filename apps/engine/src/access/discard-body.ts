import type { IncomingMessage } from 'node:http';

/** What is read of a body that nobody wants, and for how long. */
const mostBytes = 64 * 1024 * 1024;
const mostMs = 2_000;

/**
 * Reads the rest of a body and forgets it. A connection that is closed while its client still sends is reset, and the
 * answer, which was on its way, is lost with it: a client that sends too much would never learn so.
 */
export function discardBody(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const done = () => {
      clearTimeout(timer);
      request.off('data', count).off('end', done).off('close', done).off('error', done);
      resolve();
    };
    const count = (part: Buffer) => {
      bytes += part.length;
      if (bytes > mostBytes) done();
    };
    const timer = setTimeout(done, mostMs);
    request.on('data', count).on('end', done).on('close', done).on('error', done);
    request.resume();
  });
}
