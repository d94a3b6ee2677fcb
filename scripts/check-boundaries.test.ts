import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConsoleImports } from './check-console-imports.mjs';

const root = path.resolve(import.meta.dirname, '..');
let tree: string;

/** A small tree in which every import is allowed. */
const clean: Record<string, string> = {
  'packages/contracts/src/money.ts': '',
  'packages/rules/src/parse.ts': '',
  'packages/channels/registry.ts': '',
  'packages/channels/wechat-pay/index.ts': "import '../wire/rsa.ts';",
  'packages/channels/alipay/index.ts': '',
  'packages/channels/wire/rsa.ts': '',
  'packages/channels/wechat-pay/sandbox/pay.ts': "import '../../testing/simulator/ledger.ts';",
  'packages/channels/alipay/sandbox/pay.ts': '',
  'packages/channels/testing/simulator/main.ts': "import '../../alipay/sandbox/pay.ts';",
  'packages/channels/testing/simulator/ledger.ts': '',
  'apps/engine/src/main.ts': "import './build-engine.ts';",
  'apps/engine/src/build-engine.ts':
    "import './payments/place.ts'; import './gateway/call-channel.ts'; import './platform/create-platform.ts'; import './access/app-router.ts';",
  'apps/engine/src/access/app-router.ts': "import '../admin/orders/orders.router.ts';",
  'apps/engine/src/admin/orders/orders.router.ts': "import './orders.read.ts';",
  'apps/engine/src/admin/orders/orders.read.ts': "import '../../platform/generated/prisma/client.ts';",
  'apps/engine/src/admin/users/users.read.ts': '',
  'apps/engine/src/payments/ports.ts': '',
  'apps/engine/src/payments/operations.ts': '',
  'apps/engine/src/payments/place.ts': "import './ports.ts'; import './store/payments.store.ts';",
  'apps/engine/src/payments/store/payments.store.ts': "import '../../platform/db.ts';",
  'apps/engine/src/risk/check-risk.ts': "import '../payments/ports.ts';",
  'apps/engine/src/routing/plan-route.ts': "import '../payments/ports.ts';",
  'apps/engine/src/gateway/call-channel.ts': "import '../payments/ports.ts';",
  'apps/engine/src/sync/sync-attempt.ts': "import '../payments/operations.ts';",
  'apps/engine/src/platform/db.ts': '',
  'apps/engine/src/platform/create-platform.ts': "import './postgres/bus.postgres.ts';",
  'apps/engine/src/platform/postgres/bus.postgres.ts': '',
  'apps/engine/src/platform/generated/prisma/client.ts': '',
  'apps/console/src/app/(console)/orders/order-filters.ts': '',
  'apps/console/src/app/(console)/channels/lease.ts': '',
};

/** One broken import per rule. */
const broken: [rule: string, file: string, line: string][] = [
  ['no-circular', 'apps/engine/src/payments/ports.ts', "import './place.ts';"],
  ['contracts-are-leaf', 'packages/contracts/src/money.ts', "import '../../rules/src/parse.ts';"],
  ['packages-below-apps', 'packages/rules/src/parse.ts', "import '../../../apps/engine/src/platform/db.ts';"],
  ['rules-and-channels-are-strangers', 'packages/rules/src/parse.ts', "import '../../channels/registry.ts';"],
  ['channels-are-strangers', 'packages/channels/wechat-pay/index.ts', "import '../alipay/index.ts';"],
  ['channels-do-no-io', 'packages/channels/wechat-pay/index.ts', "import 'node:https';"],
  [
    'simulator-shares-no-code-with-adapters',
    'packages/channels/testing/simulator/main.ts',
    "import '../../wechat-pay/index.ts';",
  ],
  [
    'sandbox-parts-are-strangers',
    'packages/channels/wechat-pay/sandbox/pay.ts',
    "import '../../alipay/sandbox/pay.ts';",
  ],
  ['adapters-know-no-sandbox', 'packages/channels/wechat-pay/index.ts', "import './sandbox/pay.ts';"],
  [
    'console-sees-only-contracts-and-router-type',
    'apps/console/src/app/(console)/orders/order-filters.ts',
    "import '../../../../../engine/src/platform/db.ts';",
  ],
  [
    'console-pages-are-strangers',
    'apps/console/src/app/(console)/orders/order-filters.ts',
    "import '../channels/lease.ts';",
  ],
  ['payments-depend-on-ports-only', 'apps/engine/src/payments/place.ts', "import '../gateway/call-channel.ts';"],
  ['stages-know-only-payments-ports', 'apps/engine/src/risk/check-risk.ts', "import '../routing/plan-route.ts';"],
  [
    'sync-goes-through-the-single-door',
    'apps/engine/src/sync/sync-attempt.ts',
    "import '../payments/store/payments.store.ts';",
  ],
  ['admin-features-are-strangers', 'apps/engine/src/admin/orders/orders.read.ts', "import '../users/users.read.ts';"],
  [
    'routers-are-mounted-in-access-only',
    'apps/engine/src/gateway/call-channel.ts',
    "import '../admin/orders/orders.router.ts';",
  ],
  [
    'adapters-are-wired-in-create-platform-only',
    'apps/engine/src/gateway/call-channel.ts',
    "import '../platform/postgres/bus.postgres.ts';",
  ],
  [
    'prisma-behind-the-admin-only',
    'apps/engine/src/payments/store/payments.store.ts',
    "import '../../platform/generated/prisma/client.ts';",
  ],
  ['only-the-root-builds', 'apps/engine/src/gateway/call-channel.ts', "import '../platform/create-platform.ts';"],
];

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'tributary-boundaries-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'tsconfig.base.json'])
    cpSync(path.join(root, file), path.join(tree, file));
  symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  for (const [file, text] of Object.entries(clean)) write(file, text);
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
  writeFileSync(path.join(tree, file), `${text}\nexport {};\n`);
}

function cruise(): { status: number | null; output: string } {
  const args = ['--config', '.dependency-cruiser.cjs', 'apps', 'packages', '--output-type', 'err'];
  const done = spawnSync(path.join(root, 'node_modules/.bin/depcruise'), args, {
    cwd: tree,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status: done.status, output: done.stdout + done.stderr };
}

describe('the check of import directions', () => {
  it('is green on a clean tree, and has really read it', () => {
    const { status, output } = cruise();
    expect(output).toContain('no dependency violations');
    expect(Number(/(\d+) modules/.exec(output)?.[1])).toBeGreaterThanOrEqual(Object.keys(clean).length);
    expect(status).toBe(0);
  });

  it.each(broken)(
    'turns red when %s is broken',
    (rule, file, line) => {
      write(file, `${clean[file]} ${line}`);
      try {
        const { status, output } = cruise();
        expect(output).toContain(rule);
        expect(status).not.toBe(0);
      } finally {
        write(file, clean[file] ?? '');
      }
    },
    20_000,
  );

  it('knows every rule of the configuration', async () => {
    const { default: config } = (await import('../.dependency-cruiser.cjs' as string)) as {
      default: { forbidden: { name: string }[] };
    };
    expect(broken.map(([rule]) => rule).sort()).toEqual(config.forbidden.map(({ name }) => name).sort());
  });
});

describe("the check of the console's imports", () => {
  const source = 'apps/console/src';
  const file = `${source}/app/(console)/orders/list.tsx`;
  const ok =
    "import type { AppRouter } from '@tributary/engine/router'; import { a } from '@/lib/a'; import './row'; export const A = () => <p>{a}</p>;";

  it('takes what is allowed', () => {
    write(file, ok);
    expect(checkConsoleImports(path.join(tree, source)).problems).toEqual([]);
  });

  it.each([
    ["import { x } from '@tributary/rules/parse';", 'pure client'],
    ["import { x } from '@tributary/engine/src/main';", 'pure client'],
    ["import { AppRouter } from '@tributary/engine/router';", 'only its type'],
    ["import { x } from '../channels/lease';", 'page orders imports from page channels'],
    ["import { x } from '@/app/(console)/channels/lease';", 'page orders imports from page channels'],
    ["import { x } from '../../../../../engine/src/main';", 'outside of the console'],
  ])('turns red on %s', (line, problem) => {
    write(file, `${line} ${ok.slice(ok.indexOf('export'))} const a = 1;`);
    expect(checkConsoleImports(path.join(tree, source)).problems.join()).toContain(problem);
  });
});
