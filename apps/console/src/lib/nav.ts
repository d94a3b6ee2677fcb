import type { Permission } from '@tributary/contracts/role';

/** Every page: its path, the key of its name, and who it is for. */
export const nav: { group: string; pages: { path: string; key: string; permission: Permission; hotkey?: string }[] }[] =
  [
    { group: 'watch', pages: [{ path: '/', key: 'overview', permission: 'overview.read' }] },
    { group: 'trade', pages: [{ path: '/orders', key: 'orders', permission: 'orders.read', hotkey: 'o' }] },
    {
      group: 'rules',
      pages: [
        { path: '/rules/routing', key: 'routing', permission: 'routing.read', hotkey: 'r' },
        { path: '/rules/risk', key: 'risk', permission: 'risk.read', hotkey: 'k' },
      ],
    },
    {
      group: 'connect',
      pages: [
        { path: '/channels', key: 'channels', permission: 'channels.read', hotkey: 'c' },
        { path: '/merchants', key: 'merchants', permission: 'merchants.read' },
        { path: '/services', key: 'services', permission: 'services.read' },
      ],
    },
    { group: 'run', pages: [{ path: '/nodes', key: 'nodes', permission: 'runtime.read' }] },
    {
      group: 'control',
      pages: [
        { path: '/audit', key: 'audit', permission: 'audit.readOwn' },
        { path: '/users', key: 'users', permission: 'users.read' },
      ],
    },
  ];
