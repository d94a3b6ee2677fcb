import type { Permission } from '@tributary/contracts/role';

export type NavPage = { path: string; key: string; anyOf: readonly Permission[]; hotkey?: string };

/** Every page: its path, the key of its name, and which permissions open it (any of them). */
export const nav: readonly { group: string; pages: readonly NavPage[] }[] = [
  { group: 'watch', pages: [{ path: '/', key: 'overview', anyOf: ['overview.read'], hotkey: 'h' }] },
  { group: 'trade', pages: [{ path: '/orders', key: 'orders', anyOf: ['orders.read'], hotkey: 'o' }] },
  {
    group: 'rules',
    pages: [
      { path: '/rules/routing', key: 'routing', anyOf: ['routing.read'], hotkey: 'r' },
      { path: '/rules/risk', key: 'risk', anyOf: ['risk.read'], hotkey: 'k' },
      { path: '/rules/lab', key: 'lab', anyOf: ['lab.read'], hotkey: 't' },
      { path: '/changes', key: 'changes', anyOf: ['changes.read'], hotkey: 'v' },
      { path: '/limits', key: 'limits', anyOf: ['risk.read'], hotkey: 'l' },
      { path: '/lists', key: 'lists', anyOf: ['risk.read'], hotkey: 'b' },
      { path: '/reviews', key: 'reviews', anyOf: ['risk.read'], hotkey: 'e' },
    ],
  },
  {
    group: 'connect',
    pages: [
      { path: '/channels', key: 'channels', anyOf: ['channels.read'], hotkey: 'c' },
      { path: '/merchants', key: 'merchants', anyOf: ['merchants.read', 'merchantKeys.rotate'], hotkey: 'm' },
      { path: '/webhooks', key: 'webhooks', anyOf: ['orders.read'], hotkey: 'w' },
      { path: '/services', key: 'services', anyOf: ['services.read'], hotkey: 's' },
      { path: '/tools/signature', key: 'signature', anyOf: ['doctor.use'], hotkey: 'd' },
    ],
  },
  {
    group: 'control',
    pages: [
      { path: '/runtime/bulkheads', key: 'bulkheads', anyOf: ['runtime.read'], hotkey: 'i' },
      { path: '/runtime/shards', key: 'shards', anyOf: ['shards.read'], hotkey: 'p' },
      { path: '/runtime/sync', key: 'sync', anyOf: ['shards.read'], hotkey: 'q' },
      { path: '/nodes', key: 'nodes', anyOf: ['runtime.read'], hotkey: 'n' },
      { path: '/audit', key: 'audit', anyOf: ['audit.read', 'audit.readOwn'], hotkey: 'a' },
      { path: '/users', key: 'users', anyOf: ['users.read'], hotkey: 'u' },
    ],
  },
];

export const mayOpen = ({ anyOf }: NavPage, may: (permission: Permission) => boolean): boolean => anyOf.some(may);
