import { mayDo, type Permission, permissions, roles } from '@tributary/contracts/role';
import { describe, expect, it } from 'vitest';
import type { AdminDeps } from '../admin/admin-deps.ts';
import { createAppRouter } from './app-router.ts';
import { type Context, createCallerFactory, type Meta } from './trpc.ts';

const touched = (name: string) => () => {
  throw new Error(`touched ${name}`);
};
// No procedure may get far enough to touch any of these: every access is a failure of the test.
const untouchable = new Proxy({}, { get: (_, name) => (typeof name === 'string' ? touched(name) : undefined) });
// A database refuses later, not at once: who asks it for several things at a time hears of each.
const untouchablePool = {
  query: async () => touched('query')(),
  connect: async () => touched('connect')(),
};
const router = createAppRouter({
  prisma: untouchable,
  pool: untouchablePool,
  audit: untouchable,
  config: untouchable,
  clock: untouchable,
  adapters: new Map(),
  rules: { risk: untouchable, routing: untouchable },
} as unknown as AdminDeps);
const procedures = Object.entries(
  router._def.procedures as unknown as Record<string, { _def: { meta?: Meta; type: string } }>,
);
const call = createCallerFactory(router);

const contextOf = (role: string | undefined, denied: string[]): Context => ({
  viewer:
    role === undefined
      ? undefined
      : {
          id: '1',
          email: `${role}@x.example`,
          name: role,
          role,
          approver: false,
          merchantId: role === 'merchant' ? 'mch_1' : undefined,
          locale: undefined,
        },
  requestId: 'req_1',
  ip: '127.0.0.1',
  userAgent: undefined,
  audit: {
    append: async ({ action, result }) => {
      denied.push(`${action} ${result}`);
    },
  },
  log: { error: () => undefined },
});

async function codeOf(path: string, role: string | undefined, denied: string[]): Promise<string> {
  const target = path
    .split('.')
    .reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], call(contextOf(role, denied)));
  try {
    // An input that no schema takes: who may not is refused before it is looked at.
    await (target as (input: unknown) => Promise<unknown>)({ nonsense: true });
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('permissions of the console', () => {
  it('are named by every procedure', () => {
    expect(procedures.length).toBeGreaterThan(30);
    for (const [path, { _def }] of procedures) expect(permissions, path).toContain(_def.meta?.permission);
  });

  it.each(procedures.map(([path, { _def }]) => [path, _def.meta?.permission as Permission] as const))(
    '%s is open to those with %s and to nobody else',
    async (path, permission) => {
      expect(await codeOf(path, undefined, [])).toBe('UNAUTHORIZED');
      for (const role of roles) {
        const denied: string[] = [];
        const code = await codeOf(path, role, denied);
        if (mayDo({ role, approver: false }, permission))
          expect(['FORBIDDEN', 'UNAUTHORIZED'], `${role} ${path}`).not.toContain(code);
        else {
          expect(code, `${role} ${path}`).toBe('FORBIDDEN');
          expect(denied).toEqual([`${path} denied`]);
        }
      }
    },
  );

  it('refuse a merchant user without a merchant', async () => {
    const context = contextOf('merchant', []);
    if (context.viewer) context.viewer.merchantId = undefined;
    await expect(call(context).orders.list({ limit: 1 })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
