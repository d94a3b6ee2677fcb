import type { AdminDeps } from '../admin/admin-deps.ts';
import { createAuditRouter } from '../admin/audit/audit.router.ts';
import { createChangesRouter } from '../admin/changes/changes.router.ts';
import { createAccountsRouter } from '../admin/channels/accounts.router.ts';
import { createChannelsRouter } from '../admin/channels/channels.router.ts';
import { createCodesRouter } from '../admin/codes/codes.router.ts';
import { createDecideRouter } from '../admin/decide/decide.router.ts';
import { createDoctorRouter } from '../admin/doctor/doctor.router.ts';
import { createHistoryRouter } from '../admin/history/history.router.ts';
import { createLabRouter } from '../admin/lab/lab.router.ts';
import { createLimitsRouter } from '../admin/limits/limits.router.ts';
import { createListsRouter } from '../admin/lists/lists.router.ts';
import { createMeRouter } from '../admin/me/me.router.ts';
import { createMerchantsRouter } from '../admin/merchants/merchants.router.ts';
import { createNodesRouter } from '../admin/nodes/nodes.router.ts';
import { createOrdersRouter } from '../admin/orders/orders.router.ts';
import { createOverviewRouter } from '../admin/overview/overview.router.ts';
import { createReviewsRouter } from '../admin/reviews/reviews.router.ts';
import { createRulesRouter } from '../admin/rules/rules.router.ts';
import { createServicesRouter } from '../admin/services/services.router.ts';
import { createShardsRouter } from '../admin/shards/shards.router.ts';
import { createSyncRouter } from '../admin/sync/sync.router.ts';
import { createUsersRouter } from '../admin/users/users.router.ts';
import { createWebhooksRouter } from '../admin/webhooks/webhooks.router.ts';
import { router } from './trpc.ts';

/** Every procedure of the console. */
export const createAppRouter = (deps: AdminDeps) =>
  router({
    me: createMeRouter(deps),
    overview: createOverviewRouter(deps),
    orders: createOrdersRouter(deps),
    channels: createChannelsRouter(deps),
    channelAccounts: createAccountsRouter(deps),
    codes: createCodesRouter(deps),
    rules: createRulesRouter(deps),
    changes: createChangesRouter(deps),
    history: createHistoryRouter(deps),
    decide: createDecideRouter(deps),
    lab: createLabRouter(deps),
    limits: createLimitsRouter(deps),
    reviews: createReviewsRouter(deps),
    lists: createListsRouter(deps),
    services: createServicesRouter(deps),
    doctor: createDoctorRouter(deps),
    merchants: createMerchantsRouter(deps),
    nodes: createNodesRouter(deps),
    audit: createAuditRouter(deps),
    users: createUsersRouter(deps),
    webhooks: createWebhooksRouter(deps),
    sync: createSyncRouter(deps),
    shards: createShardsRouter(deps),
  });

export type AppRouter = ReturnType<typeof createAppRouter>;
