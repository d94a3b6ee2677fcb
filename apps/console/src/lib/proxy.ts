/** Where the engine is; read at run time, so one build serves every installation. */
const engineUrl = (): string => process.env.ENGINE_URL ?? 'http://127.0.0.1:4000';

// Hop-by-hop headers, and those that fetch sets itself.
const dropped = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'keep-alive',
  'upgrade',
]);

/** Hands a request on to the engine as it is, and the answer back: cookies, status and body. */
export async function forward(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers();
  for (const [name, value] of request.headers) if (!dropped.has(name)) headers.set(name, value);
  headers.set('x-forwarded-for', request.headers.get('x-forwarded-for') ?? '127.0.0.1');
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  try {
    const answer = await fetch(engineUrl() + pathname + search, {
      method: request.method,
      headers,
      redirect: 'manual',
      cache: 'no-store',
      ...(hasBody ? { body: await request.arrayBuffer() } : {}),
    });
    const back = new Headers();
    for (const [name, value] of answer.headers) {
      if (!['content-encoding', 'content-length', 'transfer-encoding', 'set-cookie', 'connection'].includes(name))
        back.set(name, value);
    }
    for (const cookie of answer.headers.getSetCookie()) back.append('set-cookie', cookie);
    return new Response(answer.body, { status: answer.status, headers: back });
  } catch {
    const error = {
      message: 'the engine can not be reached',
      code: -32603,
      data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503, error: 'unavailable' },
    };
    return Response.json(pathname.includes(',') ? pathname.split(',').map(() => ({ error })) : { error }, {
      status: 503,
    });
  }
}
