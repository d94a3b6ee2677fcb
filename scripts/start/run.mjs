// The order in which things come up, and the reverse when they go down.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { migrate } from '../migrate.mjs';
import { startPostgres } from '../postgres/start-postgres.mjs';
import { generatePrismaClient } from '../prisma-generate.mjs';
import { childEnvironments } from './child-environments.mjs';
import { releaseDataDir } from './leftovers.mjs';
import { readOrMakeSecrets } from './secrets.mjs';
import { createSupervisor } from './supervisor.mjs';
import { waitUntilReady } from './wait-until-ready.mjs';

/** @param {import('./settings.mjs').Settings} settings */
export async function run(settings) {
  const { root, dataDir, urls } = settings;
  /** @type {import('../postgres/start-postgres.mjs').RunningPostgres | undefined} */
  let postgres;
  /** @type {Promise<void> | undefined} */
  let shutdown;

  const supervisor = createSupervisor({
    dataDir,
    verbose: settings.verbose,
    giveUp: (reason) => {
      console.error(reason);
      stop(1);
    },
  });

  /** @param {number} exitCode */
  function stop(exitCode) {
    shutdown ??= (async () => {
      try {
        // The console and the engine first: the engine may still want an answer from the sandbox.
        await supervisor.stopAll([['console', 'engine', 'seed', 'build'], ['sandbox']]);
        await postgres?.stop();
      } finally {
        releaseDataDir(dataDir);
      }
      process.exit(exitCode);
    })();
    shutdown.catch((error) => {
      console.error(error);
      process.exit(1);
    });
  }

  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      if (shutdown === undefined) {
        console.log('Stopping … (once more to force)');
        stop(0);
      } else if (signal === 'SIGINT') {
        supervisor.killAll();
        postgres?.kill();
        releaseDataDir(dataDir);
        process.exit(130);
      }
    });
  }
  stopWithNpm(() => stop(0));

  /** @param {number} [port] */
  async function bringUpPostgres(port) {
    const server = await startPostgres({ dataDir, durable: true, ...(port === undefined ? {} : { port }) });
    server.exited
      .then(async () => {
        if (supervisor.isStopping()) return;
        const waitMs = supervisor.backOff('PostgreSQL');
        if (waitMs === undefined)
          throw new Error(`PostgreSQL crashed again and again; see ${dataDir}/logs/postgres.log`);
        console.error('PostgreSQL ended unexpectedly; starting it again');
        // On the same port: the engine's connections come back by themselves.
        postgres = await bringUpPostgres(server.port);
        if (supervisor.isStopping()) await postgres.stop();
      })
      .catch((error) => {
        console.error(error instanceof Error ? error.message : error);
        stop(1);
      });
    return server;
  }

  try {
    generatePrismaClient();
    await build(settings, supervisor);
    const secrets = readOrMakeSecrets(settings, process.env);
    if (settings.embedded && !supervisor.isStopping()) postgres = await bringUpPostgres();
    if (supervisor.isStopping()) {
      await postgres?.stop();
      return;
    }
    const databaseUrl = postgres?.url ?? process.env.DATABASE_URL ?? '';
    await migrate(databaseUrl, { log: (line) => console.log(line) });
    const env = childEnvironments(settings, { databaseUrl, secrets });

    if (!settings.production) {
      supervisor.keepRunning('sandbox', {
        args: ['--enable-source-maps', 'packages/channels/dist/sandbox.js'],
        cwd: root,
        env: env.sandbox,
      });
      await waitUntilReady('the sandbox', `${urls.sandbox}/control/health`, supervisor);
    }
    if (settings.demo) {
      await supervisor.runOnce('seed', {
        args: ['--enable-source-maps', 'apps/engine/dist/seed.js'],
        cwd: root,
        env: env.engine,
      });
    }
    if (supervisor.isStopping()) return;
    supervisor.keepRunning('engine', {
      args: ['--enable-source-maps', 'apps/engine/dist/main.js'],
      cwd: root,
      env: env.engine,
    });
    await waitUntilReady('the engine', `${urls.engine}/readyz`, supervisor);
    if (settings.console && !supervisor.isStopping()) {
      const host = process.env.CONSOLE_HOST || '127.0.0.1';
      supervisor.keepRunning('console', {
        args: [
          ...['--import', path.join(import.meta.dirname, 'exit-with-parent.mjs')],
          path.join(root, 'node_modules/next/dist/bin/next'),
          ...['start', '-p', String(settings.ports.console), '-H', host],
        ],
        cwd: path.join(root, 'apps/console'),
        env: env.console,
      });
      await waitUntilReady('the console', `http://127.0.0.1:${settings.ports.console}/`, supervisor);
    }
    if (!supervisor.isStopping()) console.log(readyLine(settings));
  } catch (error) {
    if (supervisor.isStopping()) return;
    console.error(error instanceof Error ? error.message : error);
    stop(1);
  }
}

/**
 * @param {import('./settings.mjs').Settings} settings
 * @param {ReturnType<typeof createSupervisor>} supervisor
 */
async function build({ root, console: withConsole }, supervisor) {
  const first = withConsole
    ? !existsSync(path.join(root, 'apps/console/.next/BUILD_ID'))
    : !existsSync(path.join(root, 'apps/engine/dist'));
  if (first) console.log('Building (first start, about a minute) …');
  await supervisor.runOnce('build', {
    args: [
      path.join(root, 'node_modules/turbo/bin/turbo'),
      ...['run', 'build', '--output-logs=errors-only', '--ui=stream'],
      ...(withConsole ? [] : ['--filter=!@tributary/console']),
    ],
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', TURBO_TELEMETRY_DISABLED: '1' },
  });
}

/** @param {import('./settings.mjs').Settings} settings */
function readyLine({ urls, console: withConsole, production }) {
  const parts = [
    ...(withConsole ? [`console ${urls.console}`] : []),
    `engine ${urls.engine}`,
    `API docs ${urls.engine}/docs`,
    ...(production ? [] : [`sandbox ${urls.sandbox}`]),
  ];
  return `Tributary is ready: ${parts.join('  ')}`;
}

/**
 * A killed npm sends us nothing; but we get another parent.
 * @param {() => void} stop
 */
function stopWithNpm(stop) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), 1_000).unref();
}
