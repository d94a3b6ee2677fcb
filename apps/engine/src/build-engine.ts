import { type ChannelAdapter, endingOf } from '@tributary/channels/channel-adapter';
import { channelAdapters } from '@tributary/channels/registry';
import { mainDocument } from '@tributary/contracts/config-kind';
import type { Product } from '@tributary/contracts/service-config';
import { createAuthenticate } from './access/authenticate.ts';
import { registerChannelNotify } from './access/channel-notify.ts';
import { registerConsole } from './access/console.ts';
import { registerDocs } from './access/docs.ts';
import { registerMerchantRoutes } from './access/merchant-routes.ts';
import { createServer } from './access/server.ts';
import { buildPayments } from './build-payments.ts';
import { createAudit } from './config/audit.store.ts';
import { createBacktests } from './config/backtest/backtests.ts';
import { runTests } from './config/backtest/cases/cases.store.ts';
import { createVerifyRules } from './config/backtest/verify-rules.ts';
import { createChanges } from './config/changes/changes.ts';
import { createGate } from './config/changes/gate.ts';
import { createStages } from './config/changes/run-stages.ts';
import { createCompiledRules } from './config/compiled-rules.ts';
import { createConfigHistory } from './config/config-history.ts';
import { createConfigSource } from './config/config-source.ts';
import { createConfigKinds } from './config/kinds.ts';
import { postgresRulesStore, type RulesStore } from './config/unleash/rules-store.ts';
import { createUnleashStore } from './config/unleash/unleash-store.ts';
import type { Env } from './env.ts';
import { createAccountCache } from './gateway/account-cache.ts';
import { createGateway } from './gateway/call-channel.ts';
import { createTrustKeeper } from './gateway/fetch-trust.ts';
import { createSend, type InprocTransport } from './gateway/send.ts';
import { startWorkers } from './jobs/start-workers.ts';
import { createWebhooks } from './notify/deliver-webhook.ts';
import { writeDeliveries } from './notify/write-deliveries.ts';
import { createOutboxPublisher } from './outbox/publish-outbox.ts';
import type { Route } from './payments/ports.ts';
import type { createRecorder } from './payments/record-result.ts';
import { createPaymentReads } from './payments/store/payments.read.ts';
import { createPlatform } from './platform/create-platform.ts';
import { createFailpoints } from './platform/failpoints.ts';
import type { Log } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';
import { createNodeRegistry } from './platform/node-registry.ts';
import { createSecrets, parseKeyRing } from './platform/secrets.ts';
import { createAssessRisk, riskLanguage } from './risk/check-risk.ts';
import { createRiskFacts } from './risk/create-risk-facts.ts';
import { createPlanRoute, routingLanguage } from './routing/plan-route.ts';
import { createSweeper } from './sync/sweep-due.ts';
import { createSyncStore } from './sync/sync.store.ts';
import { createSyncAttempt } from './sync/sync-attempt.ts';
import { createSyncRefund } from './sync/sync-refund.ts';

export type EngineOptions = {
  env: Env;
  log: Log;
  /** Other channels than the registry's, and channels inside this process: for benchmarks and tests. */
  adapters?: readonly ChannelAdapter[];
  inproc?: Record<string, InprocTransport>;
};

export type Engine = Awaited<ReturnType<typeof buildEngine>>;

/** The composition root: every part is made here and nowhere else knows two sides of a seam. */
export async function buildEngine({ env, log, adapters: list = channelAdapters, inproc = {} }: EngineOptions) {
  const platform = await createPlatform({ databaseUrl: env.DATABASE_URL, redisUrl: env.REDIS_URL, log });
  const { pool, bus, jobs, clock, rateLimiter } = platform;
  const metrics = createMetrics();
  const secrets = createSecrets(parseKeyRing(env.TRIBUTARY_KEK));
  const failpoint = createFailpoints(env.TRIBUTARY_FAILPOINTS);
  const adapters = new Map(list.map((adapter) => [adapter.id, adapter]));
  const publicUrl = (env.PUBLIC_URL ?? `http://${env.ENGINE_HOST}:${env.ENGINE_PORT}`).replace(/\/$/, '');
  const callbackUrl = ({ channelId, accountId }: Route) => `${publicUrl}/callbacks/${channelId}/${accountId}`;

  const config = createConfigSource({
    pool,
    bus,
    log,
    onBadStart: env.CONFIG_ON_BAD_START,
    // Made further down: what Unleash says must pass the gate, and the gate knows the configuration.
    store: {
      overlay: (loaded) => rulesStore.overlay(loaded),
      isInCanary: (changeId, merchantId) => rulesStore.isInCanary(changeId, merchantId),
    },
  });
  const history = createConfigHistory(pool);
  const older: typeof history.olderRules = async (kind, before) =>
    env.CONFIG_ON_BAD_START === 'last_good' ? history.olderRules(kind, before) : [];
  const riskRules = createCompiledRules({ kind: 'risk', language: riskLanguage, config, older, log });
  const routingRules = createCompiledRules({ kind: 'routing', language: routingLanguage, config, older, log });
  const riskFacts = createRiskFacts({ databaseUrl: env.DATABASE_URL, bus, clock, log });
  const { gatherFacts, listFollower } = riskFacts;
  const assessRisk = createAssessRisk({ rulesOf: riskRules.of, gatherFacts });
  const planRoute = createPlanRoute({ rulesOf: routingRules.of, adapters });

  const accounts = createAccountCache({ config, adapters, decrypt: secrets.decrypt });
  const sender = createSend({ inproc });
  const gateway = createGateway({
    config,
    adapters,
    accounts,
    send: sender.send,
    clock,
    onCall: metrics.call,
    onBreakerMove: metrics.breaker,
    log,
  });
  const { callChannel } = gateway;
  const adapterOf = (channelId: string) => adapters.get(config.current().channels.get(channelId)?.adapter ?? '');
  const trust = createTrustKeeper({
    pool,
    config,
    callChannel,
    needsTrust: (accountId) => {
      const account = config.current().accounts.get(accountId);
      const verification = (account?.config as { verification?: { mode?: string } } | undefined)?.verification;
      return (
        verification?.mode === 'certificate' &&
        adapterOf(account?.channelId ?? '')?.operations.has('fetchTrust') === true
      );
    },
    refresh: config.refresh,
    log,
  });

  const publisher = createOutboxPublisher({
    pool,
    jobs,
    writeDown: { 'notify-merchant': writeDeliveries },
    log,
  });
  const ending = (channelId: string, product: Product) => endingOf(adapterOf(channelId), product);
  const { store, recorder, held, placePayment, refundPayment, closePayment } = buildPayments({
    pool,
    node: env.node,
    clock,
    config,
    assessRisk,
    planRoute,
    callChannel,
    callbackUrl,
    needsOf: (snapshot, channelId, { product }) =>
      adapters.get(snapshot.channels.get(channelId)?.adapter ?? '')?.products.get(product),
    endingOf: ending,
    repeatable: (channelId, product) => adapterOf(channelId)?.repeatableProducts.has(product) ?? false,
    metrics,
    onCommitted: publisher.nudge,
    failpoint,
  });
  const { recordResult, recordRefundResult } = recorder;

  const syncStore = createSyncStore(pool);
  const { syncAttempt, lookUp } = createSyncAttempt({
    store: syncStore,
    callChannel,
    recordResult,
    endingOf: ending,
    failpoint,
  });
  const { syncRefund, bringOn } = createSyncRefund({
    store: syncStore,
    callChannel,
    recordRefundResult,
    callbackUrl,
    log,
  });
  const sweeper = createSweeper({
    store: syncStore,
    lookUpAttempt: lookUp,
    bringOnRefund: bringOn,
    closeExpiredHeld: held.closeExpired,
    log,
  });
  const webhooks = createWebhooks({
    pool,
    config,
    load: store.load,
    decrypt: secrets.decrypt,
    allowLoopback: env.TRIBUTARY_ALLOW_LOOPBACK_WEBHOOKS === '1',
    log,
  });

  const backtests = createBacktests({ pool, databaseUrl: env.DATABASE_URL, node: env.node, log });
  const audit = createAudit(pool);
  const languages = { risk: riskLanguage, routing: routingLanguage };
  const kinds = createConfigKinds({ languages, adapters });
  const gate = createGate({
    kinds,
    runTests: async (kind, document) => {
      const { passed, failed, results } = await runTests(pool, kind, document);
      const failures = results
        .filter(({ ok }) => !ok)
        .map(({ name, problems }) => ({
          name,
          problems: problems.map(({ path, expected, actual }) => `${path}: expected ${expected}, got ${actual}`),
        }));
      return { passed, failed, failures };
    },
    verifyByOracle: createVerifyRules(env.DATABASE_URL),
  });
  const changes = createChanges({ audit, gate, config });
  const stages = createStages({
    pool,
    changes,
    mayRun: async () => (await platform.lease.acquire('changes', env.node, 10_000)) !== undefined,
    log,
  });
  const rulesStore: RulesStore =
    env.UNLEASH_URL && env.UNLEASH_TOKEN
      ? createUnleashStore({
          url: env.UNLEASH_URL,
          token: env.UNLEASH_TOKEN,
          pool,
          audit,
          node: env.node,
          log,
          mustPass: async (kind, document, contentHash) => {
            const item = {
              kind,
              objectId: mainDocument,
              document,
              contentHash,
              baseVersion: 0,
              publishedVersion: undefined,
            };
            gate.refuse(await gate.inspect([item], config.current()));
          },
          merchantIds: () => config.current().merchants.keys(),
          refresh: config.refresh,
          mustHaveHeard: env.CONFIG_ON_BAD_START === 'refuse',
        })
      : postgresRulesStore;

  const registry = createNodeRegistry({
    pool,
    node: env.node,
    role: env.ROLE,
    report: () => {
      const { version, versions, problems } = config.current();
      const configErrors = [...problems, riskRules.problem(), routingRules.problem()].filter(
        (one) => one !== undefined,
      );
      metrics.configuration(version, configErrors.length);
      return {
        configVersion: version,
        loopDelayMs: metrics.loopDelayMs(),
        running: {
          ...Object.fromEntries(versions),
          'risk/main': riskRules.runningVersion(),
          'routing/main': routingRules.runningVersion(),
        },
        configErrors,
      };
    },
  });
  const app = createServer({
    log,
    metricsText: metrics.text,
    onRequest: metrics.request,
    isReady: async () => {
      const database = await pool.query('SELECT 1').then(
        () => 'ok',
        () => 'unreachable',
      );
      const configuration = !config.isLoaded()
        ? 'loading'
        : riskRules.runningVersion() === 0 || routingRules.runningVersion() === 0
          ? 'no rules published'
          : 'ok';
      return { ready: database === 'ok' && configuration === 'ok', checks: { database, configuration } };
    },
  });
  if (env.ROLE !== 'worker') {
    const authenticate = createAuthenticate({ pepper: Buffer.from(env.TRIBUTARY_PEPPER, 'base64'), clock });
    const reads = createPaymentReads({ pool });
    registerMerchantRoutes(app, {
      config,
      authenticate,
      rateLimiter,
      clock,
      placePayment,
      refundPayment,
      closePayment,
      reads,
    });
    registerDocs(app);
    registerChannelNotify(app, {
      pool,
      config,
      adapters,
      accounts,
      recordResult,
      recordRefundResult,
      refreshTrust: trust.refreshTrust,
      clock,
      log,
      failpoint,
      onCallback: metrics.callback,
    });
    await registerConsole(app, {
      env,
      pool,
      config,
      log,
      clock,
      secrets,
      adapters,
      gatherFacts,
      listFollower,
      audit,
      changes,
      history,
      kinds,
      rules: { risk: riskRules, routing: routingRules },
      backtests,
      rulesStore,
      gatewayStats: gateway.stats,
      held,
      addNote: (paymentId, actor, text) =>
        recorder.decideAndSave(paymentId, undefined, (before) => noteChange(before, actor, text)),
      syncNow: async (paymentId) => {
        const due = await syncStore.makeDue(paymentId);
        for (const attemptNo of due.attempts) await syncAttempt({ paymentId, attemptNo });
        for (const refundId of due.refunds) await syncRefund({ refundId });
        return due.attempts.length + due.refunds.length;
      },
    });
  }

  return {
    app,
    config,
    pool,
    async start(): Promise<string> {
      await config.start();
      await rulesStore.start();
      await riskFacts.start();
      await registry.start();
      backtests.start();
      if (env.ROLE === 'all' || env.ROLE === 'worker') {
        publisher.start();
        sweeper.start();
        webhooks.start();
        stages.start();
        await startWorkers({
          jobs,
          handlers: {
            'sync-attempt': syncAttempt,
            'sync-refund': syncRefund,
            'notify-merchant': webhooks.notifyMerchant,
          },
          onJob: metrics.job,
          log,
        });
      }
      const url = await app.listen({ port: env.ENGINE_PORT, host: env.ENGINE_HOST });
      // Not awaited: a channel that is away must not keep us from starting.
      void trust.start();
      log.info({ url, profile: platform.profile, role: env.ROLE }, 'engine is ready');
      return url;
    },
    async stop(): Promise<void> {
      await app.close();
      trust.stop();
      await backtests.stop();
      await rulesStore.stop();
      await Promise.allSettled([
        publisher.stop(),
        sweeper.stop(),
        webhooks.stop(),
        stages.stop(),
        config.stop(),
        riskFacts.stop(),
      ]);
      await registry.stop();
      accounts.close();
      await sender.close();
      await platform.close();
    },
  };
}

function noteChange(
  before: Parameters<Parameters<ReturnType<typeof createRecorder>['decideAndSave']>[2]>[0],
  actor: string,
  text: string,
) {
  const after = { ...before, payment: { ...before.payment, version: before.payment.version + 1 } };
  return {
    change: { before, after, events: [{ kind: 'note', actor, data: { text } }], outbox: [], limits: undefined },
  };
}
