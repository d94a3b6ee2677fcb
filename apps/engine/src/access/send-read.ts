import type { FastifyReply, FastifyRequest } from 'fastify';

/** What is read for a merchant, ready to be sent. The tag stands for the version, so it is the same on every node. */
export type Sendable = { etag: string; body: string };

/** Whether an `If-None-Match` names what would be sent. */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((one) => {
    const tag = one.trim();
    return tag === '*' || tag === etag || tag === `W/${etag}`;
  });
}

/** Answers with what was read, or says that nothing has changed. */
export function sendRead(
  request: FastifyRequest,
  reply: FastifyReply,
  { etag, body }: Sendable,
  onUnchanged: () => void,
) {
  reply.headers({ etag, 'cache-control': 'private, no-cache' });
  if (isUnchanged(request.headers['if-none-match'], etag)) {
    onUnchanged();
    return reply.code(304).send();
  }
  return reply.header('content-type', 'application/json; charset=utf-8').send(body);
}
