import { permissionsOfRole, type Role, roles } from '@tributary/contracts/role';
import { describe, expect, it } from 'vitest';
import { mayOpen, nav } from './nav.ts';

const pagesOf = (role: Role): string[] =>
  nav
    .flatMap(({ pages }) => pages)
    .filter((page) => mayOpen(page, (permission) => permissionsOfRole[role].includes(permission)))
    .map(({ path }) => path);

describe('navigation', () => {
  it('shows each role only what it may see', () => {
    expect(pagesOf('merchant')).toEqual([
      '/',
      '/orders',
      '/merchants',
      '/webhooks',
      '/services',
      '/tools/signature',
      '/audit',
    ]);
    expect(pagesOf('support')).toEqual([
      '/',
      '/orders',
      '/channels',
      '/merchants',
      '/webhooks',
      '/services',
      '/tools/signature',
    ]);
    expect(pagesOf('admin')).toHaveLength(nav.flatMap(({ pages }) => pages).length);
  });
  it('gives everybody somewhere to go, and each page a key of its own', () => {
    for (const role of roles) expect(pagesOf(role).length).toBeGreaterThan(1);
    const keys = nav.flatMap(({ pages }) => pages).map(({ hotkey }) => hotkey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
