import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { FastifyInstance } from 'fastify';
import type { AdminDeps } from '../admin/admin-deps.ts';
import type { Env } from '../env.ts';
import { AppError } from '../platform/app-error.ts';
import { createPrisma } from '../platform/prisma.ts';
import { createAppRouter } from './app-router.ts';
import { clientIpOf, createAuth, headersOf, registerAuth, toWebRequest } from './auth.ts';

export type ConsoleDeps = Omit<AdminDeps, 'prisma' | 'pepper' | 'node'> & { env: Env };

const maxBatch = 20;

/** Everything the console needs: sign-in at `/api/auth`, procedures at `/trpc`. */
export async function registerConsole(app: FastifyInstance, { env, ...deps }: ConsoleDeps): Promise<void> {
  const { pool, log, audit } = deps;
  const auth = createAuth({ pool, secret: env.TRIBUTARY_AUTH_SECRET, consoleUrl: env.CONSOLE_URL });
  const prisma = createPrisma(env.DATABASE_URL);
  const router = createAppRouter({
    ...deps,
    prisma,
    pepper: Buffer.from(env.TRIBUTARY_PEPPER, 'base64'),
    node: env.node,
  });
  const origin = new URL(env.CONSOLE_URL).origin;
  registerAuth(app, auth, { pool, audit });
  app.addHook('onClose', () => prisma.$disconnect());

  app.route({
    method: ['GET', 'POST'],
    url: '/trpc/*',
    bodyLimit: 4 * 1024 * 1024,
    handler: async (request, reply) => {
      const from = request.headers.origin;
      // Cookies alone must not be enough to change anything: the page that asks must be ours.
      if (
        request.method === 'POST' &&
        ((from !== undefined && from !== origin) || request.headers['sec-fetch-site'] === 'cross-site')
      ) {
        throw new AppError('forbidden', 'requests from other sites are refused');
      }
      const response = await fetchRequestHandler({
        endpoint: '/trpc',
        router,
        req: toWebRequest(request),
        allowBatching: true,
        allowMethodOverride: false,
        createContext: async ({ info }) => {
          if (info.calls.length > maxBatch)
            throw new AppError('invalid_request', `at most ${maxBatch} calls in a batch`);
          return {
            viewer: await auth.viewerOf(headersOf(request)),
            requestId: request.id,
            ip: clientIpOf(request),
            userAgent: request.headers['user-agent'],
            audit,
            log,
          };
        },
      });
      reply.code(response.status);
      for (const [name, value] of response.headers) reply.header(name, value);
      return reply.send(Buffer.from(await response.arrayBuffer()));
    },
  });
}
