// Who may import whom. Each rule says why; scripts/check-boundaries.test.ts breaks every one of them on purpose.
const engine = '^apps/engine/src';
const test = '[.](test|contract)[.]ts$|/testing/|/fixtures/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one thing, or three.',
      severity: 'error',
      from: { pathNot: 'generated/' },
      to: { circular: true, viaOnly: { pathNot: 'generated/' } },
    },
    {
      name: 'contracts-are-leaf',
      comment: 'The shared words depend on nothing of ours.',
      severity: 'error',
      from: { path: '^packages/contracts/' },
      to: { path: '^(apps|packages/(?!contracts/))' },
    },
    {
      name: 'packages-below-apps',
      severity: 'error',
      comment: 'A package that knows an app can not be used by another.',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'rules-and-channels-are-strangers',
      severity: 'error',
      comment: 'Rules know no payment, channels know no rule.',
      from: { path: '^packages/(rules|channels)/' },
      to: { path: '^packages/(rules|channels)/', pathNot: '^packages/$1/' },
    },
    {
      name: 'channels-are-strangers',
      severity: 'error',
      comment: 'Each channel stands alone; what several share is in wire/.',
      from: { path: '^packages/channels/([^/]+)/', pathNot: '/testing/|/fixtures/|/sandbox/' },
      to: {
        path: '^packages/channels/([^/]+)/',
        pathNot: '^packages/channels/($1|wire|testing)/',
      },
    },
    {
      name: 'channels-do-no-io',
      severity: 'error',
      comment: 'A channel is a pure translator: the gateway sends.',
      from: { path: '^packages/channels/[^/]+/', pathNot: `${test}|[.]test[.]ts$` },
      to: { path: '^(node:)?(http|https|net|fs|timers)|undici|axios' },
    },
    {
      name: 'simulator-shares-no-code-with-adapters',
      severity: 'error',
      comment: 'Shared code would hide errors that both sides make.',
      from: { path: '^packages/channels/(testing/simulator|[^/]+/sandbox)/', pathNot: '[.]test[.]ts$' },
      to: { path: '^packages/channels/(?!testing/simulator/|[^/]+/sandbox/)' },
    },
    {
      name: 'sandbox-parts-are-strangers',
      severity: 'error',
      comment: 'Each channel in the sandbox stands alone; what several share is in testing/simulator/.',
      from: { path: '^packages/channels/([^/]+)/sandbox/' },
      to: { path: '^packages/channels/[^/]+/sandbox/', pathNot: '^packages/channels/$1/' },
    },
    {
      name: 'adapters-know-no-sandbox',
      severity: 'error',
      comment: 'What runs with real money has no code in it that plays the channel.',
      from: { path: '^packages/channels/', pathNot: '/testing/|/fixtures/|/sandbox/|[.]test[.]ts$' },
      to: { path: '/sandbox/|/testing/' },
    },
    {
      name: 'console-sees-only-contracts-and-router-type',
      severity: 'error',
      comment: 'The console is a pure client of the engine.',
      from: { path: '^apps/console/' },
      to: { path: '^(apps/engine/|packages/(rules|channels)/)', pathNot: '^apps/engine/src/access/app-router' },
    },
    {
      name: 'console-pages-are-strangers',
      severity: 'error',
      comment: 'What two pages share belongs to ui/ or lib/.',
      from: { path: '^apps/console/src/app/\\(console\\)/([^/]+)/' },
      to: { path: '^apps/console/src/app/\\(console\\)/([^/]+)/', pathNot: '^apps/console/src/app/\\(console\\)/$1/' },
    },
    {
      name: 'payments-depend-on-ports-only',
      severity: 'error',
      comment: 'The core names what it needs; build-engine.ts brings it.',
      from: { path: `${engine}/payments/`, pathNot: test },
      to: {
        path: `${engine}/(?!payments/|platform/(ports|generated)/|platform/[^/]+[.]ts$|outbox/append-outbox|config/snapshot)`,
      },
    },
    {
      name: 'stages-know-only-payments-ports',
      severity: 'error',
      comment: 'Risk, routing and gateway implement ports; they do not know each other.',
      from: { path: `${engine}/(risk|routing|gateway)/`, pathNot: test },
      to: { path: `${engine}/(?!platform/(ports|generated)/|platform/[^/]+[.]ts$|payments/ports|config/|$1/)` },
    },
    {
      name: 'sync-goes-through-the-single-door',
      severity: 'error',
      comment: 'Workers speak to payments through its operations, never to its store.',
      from: { path: `${engine}/sync/`, pathNot: test },
      to: { path: `${engine}/payments/(?!operations|ports)` },
    },
    {
      name: 'admin-features-are-strangers',
      severity: 'error',
      comment: 'A feature of the console is a folder; what two share moves down.',
      from: { path: `${engine}/admin/([^/]+)/` },
      to: { path: `${engine}/admin/([^/]+)/`, pathNot: `${engine}/admin/$1/` },
    },
    {
      name: 'routers-are-mounted-in-access-only',
      severity: 'error',
      comment: 'One place lists every procedure.',
      from: { pathNot: `${engine}/access/|[.]test[.]ts$` },
      to: { path: '[.]router[.]ts$' },
    },
    {
      name: 'adapters-are-wired-in-create-platform-only',
      severity: 'error',
      comment: 'The profile is decided once.',
      from: { pathNot: `${engine}/platform/(create-platform|postgres/|redis/|bullmq/)|[.]test[.]ts$` },
      to: { path: `${engine}/platform/(postgres|redis|bullmq)/` },
    },
    {
      name: 'prisma-behind-the-admin-only',
      severity: 'error',
      comment: 'The payment path speaks SQL; Prisma serves the console.',
      from: { pathNot: `${engine}/(admin/|platform/)|^prisma|^scripts/` },
      to: { path: 'generated/prisma|@prisma/' },
    },
    {
      name: 'only-the-root-builds',
      severity: 'error',
      comment: 'Parts get their dependencies; they do not fetch them.',
      from: { path: engine, pathNot: `${engine}/(main|build-engine|testing/started-engine)[.]ts$|[.]test[.]ts$` },
      to: { path: `${engine}/(build-engine|platform/create-platform)[.]ts$` },
    },
  ],
  options: {
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // .tsx is beyond this parser: scripts/check-console-imports.mjs reads those files.
    exclude: { path: '/dist/|/[.]next/|[.]tsx$' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
};
