import path from 'node:path';

/**
 * @param {import('./settings.mjs').Settings} settings
 * @param {{ databaseUrl: string, secrets: Record<string, string | undefined> }} made
 */
export function childEnvironments({ dataDir, demo, ports, urls }, { databaseUrl, secrets }) {
  const common = { ...process.env, TRIBUTARY_PARENT_PIPE: '1', DATA_DIR: dataDir };
  return {
    // REDIS_URL, UNLEASH_URL, UNLEASH_TOKEN and NODE_ENV pass through as they are.
    engine: {
      ...common,
      ...secrets,
      DATABASE_URL: databaseUrl,
      ENGINE_PORT: String(ports.engine),
      ENGINE_HOST: process.env.ENGINE_HOST || '127.0.0.1',
      ENGINE_URL: urls.engine,
      ROLE: process.env.ROLE || 'all',
      CONSOLE_URL: urls.console,
      SANDBOX_URL: urls.sandbox,
      // The demo merchants' webhooks go to this machine, which is forbidden otherwise.
      ...(demo ? { TRIBUTARY_ALLOW_LOOPBACK_WEBHOOKS: '1' } : {}),
    },
    sandbox: { ...common, SANDBOX_PORT: String(ports.sandbox), SANDBOX_DIR: path.join(dataDir, 'sandbox') },
    console: {
      ...common,
      NODE_ENV: /** @type {const} */ ('production'),
      NEXT_TELEMETRY_DISABLED: '1',
      ENGINE_URL: urls.engine,
      PORT: String(ports.console),
    },
  };
}
