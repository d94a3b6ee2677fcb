import { type ChannelAdapter, endingOf, scheduleOf } from '@tributary/channels/channel-adapter';
import { channelAdapters } from '@tributary/channels/registry';
import { mainDocument } from '@tributary/contracts/config-kind';
import type { Product } from '@tributary/contracts/service-config';
import { createAuthenticate } from './access/authenticate.ts';
import { registerChannelNotify } from './access/channel-notify.ts';
import { registerConsole } from './access/console.ts';
import { registerDocs } from './access/docs.ts';
import { registerMerchantRoutes } from './access/merchant-routes.ts';
import { createReadiness } from './access/readiness.ts';
import { createReadsLimit } from './access/reads-limit.ts';
import { createServer } from './access/server.ts';
import { buildGateway } from './build-gateway.ts';
import { buildNotify } from './build-notify.ts';
import { buildPayments } from './build-payments.ts';
import { buildQuery } from './build-query.ts';
import { buildSync } from './build-sync.ts';
import { createAuditAnchors } from './config/anchors/audit-anchors.ts';
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
import type { InprocTransport } from './gateway/send.ts';
import { startWorkers } from './jobs/start-workers.ts';
import { createOutboxPublisher } from './outbox/publish-outbox.ts';
import { decideNote } from './payments/decide/decide-note.ts';
import type { Route } from './payments/ports.ts';
import { createPlatform } from './platform/create-platform.ts';
import { createPool } from './platform/db.ts';
import { createFailpoints } from './platform/failpoints.ts';
import type { Log } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';
import { createNodeRegistry } from './platform/node-registry.ts';
import { createSecrets, parseKeyRing } from './platform/secrets.ts';
import { createAssessRisk, riskLanguage } from './risk/check-risk.ts';
import { createRiskFacts } from './risk/create-risk-facts.ts';
import { createPlanRoute, routingLanguage } from './routing/plan-route.ts';
import { createLateNews } from './sync/late-news.ts';

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

  // Connections of its own: a new rule must not wait behind the payments that the old one decides.
  const configPool = createPool({
    url: env.DATABASE_URL,
    max: 2,
    name: 'config',
    onLost: (err) => log.warn({ err }, 'a database connection of the configuration was lost'),
  });
  const config = createConfigSource({
    pool: configPool,
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
  const query = buildQuery({ env, platform, metrics, log });
  const assessRisk = createAssessRisk({ rulesOf: riskRules.of, gatherFacts });

  const { accounts, accountKeeper, sender, unmapped, readCodes, gateway, adapterOf, trust } = buildGateway({
    pool,
    bus,
    clock,
    config,
    adapters,
    decrypt: secrets.decrypt,
    inproc,
    metrics,
    log,
  });
  const { callChannel } = gateway;
  const planRoute = createPlanRoute({ rulesOf: routingRules.of, adapters, takesOrders: gateway.takesOrders });

  const publisher = createOutboxPublisher({
    pool,
    jobs,
    log,
  });
  const notify = buildNotify({
    pool,
    node: env.node,
    config,
    secrets,
    load: (paymentId) => store.load(paymentId),
    allowLoopback: env.TRIBUTARY_ALLOW_LOOPBACK_WEBHOOKS === '1',
    metrics,
    log,
  });
  const schedule = (channelId: string, product: Product | undefined) => {
    const adapter = adapterOf(channelId);
    return adapter && scheduleOf(adapter, product);
  };
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
    scheduleOf: schedule,
    repeatable: (channelId, product) => adapterOf(channelId)?.repeatableProducts.has(product) ?? false,
    metrics,
    onCommitted: (change) => {
      publisher.nudge();
      notify.nudge();
      sync.onCommitted(change);
      query.onCommitted(change);
    },
    failpoint,
  });
  const { recordResult, recordRefundResult } = recorder;

  const sync = buildSync({
    platform,
    node: env.node,
    leaseMs: env.SHARD_LEASE_MS,
    config,
    gateway,
    recordResult,
    markReversing: recorder.markReversing,
    recordRefundResult,
    callbackUrl,
    endingOf: ending,
    scheduleOf: schedule,
    closeExpiredHeld: held.closeExpired,
    metrics,
    failpoint,
    log,
  });
  const backtests = createBacktests({ pool, databaseUrl: env.DATABASE_URL, node: env.node, log });
  const audit = createAudit(pool);
  const anchors = createAuditAnchors({
    pool,
    audit,
    lease: platform.lease,
    node: env.node,
    pepper: Buffer.from(env.TRIBUTARY_PEPPER, 'base64'),
    onVerified: metrics.auditVerified,
    log,
  });
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
      const compartments = gateway.stats();
      metrics.compartments(compartments);
      return {
        configVersion: version,
        loopDelayMs: metrics.loopDelayMs(),
        running: {
          ...Object.fromEntries(versions),
          'risk/main': riskRules.runningVersion(),
          'routing/main': routingRules.runningVersion(),
        },
        configErrors,
        accounts: accounts.held(),
        compartments,
        reads: query.report(),
        load: { requests: metrics.requests(), ...app.door.load() },
      };
    },
  });
  const app = createServer({
    log,
    metricsText: metrics.text,
    onRequest: metrics.request,
    drainMs: env.ROLE === 'worker' ? 0 : env.DRAIN_MS,
    ...(env.TRUSTED_PROXIES ? { trustedProxies: env.TRUSTED_PROXIES } : {}),
    ...(env.METRICS_FROM ? { metricsFrom: env.METRICS_FROM } : {}),
    ...createReadiness({
      pool,
      config,
      hasRules: () => riskRules.runningVersion() > 0 && routingRules.runningVersion() > 0,
      node: env.node,
      role: env.ROLE,
    }),
  });
  if (env.ROLE !== 'worker') {
    const authenticate = createAuthenticate({ pepper: Buffer.from(env.TRIBUTARY_PEPPER, 'base64'), clock });
    const merchantApi = {
      config,
      authenticate,
      rateLimiter,
      clock,
      placePayment,
      refundPayment,
      closePayment,
      readsLimit: createReadsLimit(clock),
      reads: query.reads,
      onRead: query.onRead,
      log,
      askSync: sync.askSoon,
    };
    registerMerchantRoutes(app, merchantApi, { readsOnly: env.ROLE === 'query' });
    registerDocs(app);
  }
  if (env.ROLE === 'all' || env.ROLE === 'api') {
    registerChannelNotify(app, {
      pool,
      config,
      adapters,
      accounts,
      handleCallback: gateway.handleCallback,
      recordResult,
      recordRefundResult,
      weighLate: createLateNews({ callChannel, recordResult }),
      refreshTrust: trust.refreshTrust,
      readCodes,
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
      verifyAudit: anchors.verify,
      changes,
      history,
      kinds,
      rules: { risk: riskRules, routing: routingRules },
      backtests,
      rulesStore,
      gatewayStats: gateway.stats,
      send: sender.send,
      forgetAccount: (accountId) => bus.publish('tributary_accounts', accountId),
      openAccount: async (accountId) => (await accounts.open(accountId)).session,
      held,
      addNote: (paymentId, actor, text) =>
        recorder.decideAndSave(paymentId, undefined, (before) => decideNote(before, actor, text)),
      syncNow: sync.syncNow,
    });
  }

  return {
    app,
    config,
    pool,
    async start(): Promise<string> {
      await accounts.start();
      await config.start();
      await rulesStore.start();
      await riskFacts.start();
      await registry.start();
      backtests.start();
      unmapped.start();
      if (env.ROLE === 'all' || env.ROLE === 'worker') {
        publisher.start();
        await sync.start();
        notify.start();
        stages.start();
        anchors.start();
        await startWorkers({ jobs, handlers: sync.handlers, onJob: metrics.job, log });
      }
      const url = await app.listen({ port: env.ENGINE_PORT, host: env.ENGINE_HOST });
      accountKeeper.start();
      // Not awaited: a channel that is away must not keep us from starting.
      void trust.start();
      log.info({ url, profile: platform.profile, role: env.ROLE }, 'engine is ready');
      return url;
    },
    async stop(): Promise<void> {
      await app.close();
      trust.stop();
      accountKeeper.stop();
      await backtests.stop();
      await rulesStore.stop();
      if (env.ROLE === 'all' || env.ROLE === 'worker') await sync.stop();
      await Promise.allSettled([
        publisher.stop(),
        notify.stop(),
        stages.stop(),
        anchors.stop(),
        config.stop(),
        riskFacts.stop(),
        query.stop(),
      ]);
      await unmapped.stop();
      await registry.stop();
      await accounts.close();
      await sender.close();
      await configPool.end();
      await platform.close();
    },
  };
}
