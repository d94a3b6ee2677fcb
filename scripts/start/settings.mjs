import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/**
 * @typedef {object} Settings
 * @property {string} root the checkout
 * @property {string} dataDir
 * @property {boolean} production NODE_ENV=production: no sandbox, no demo data unless asked for
 * @property {boolean} embedded our own PostgreSQL, because there is no DATABASE_URL
 * @property {boolean} demo
 * @property {boolean} console
 * @property {boolean} verbose
 * @property {{ engine: number, console: number, sandbox: number }} ports
 * @property {{ engine: string, console: string, sandbox: string }} urls
 */

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} flags
 * @returns {Settings}
 */
export function readSettings(env, flags) {
  const unknown = flags.find((flag) => !['--no-console', '--verbose'].includes(flag));
  if (unknown !== undefined) fail(`unknown flag ${unknown}; there are --no-console and --verbose`);
  const production = env.NODE_ENV === 'production';
  const embedded = !env.DATABASE_URL;
  const ports = {
    engine: readPort(env, 'ENGINE_PORT', 4000),
    console: readPort(env, 'CONSOLE_PORT', 3000),
    sandbox: readPort(env, 'SANDBOX_PORT', 4600),
  };
  if (new Set(Object.values(ports)).size < 3)
    fail('ENGINE_PORT, CONSOLE_PORT and SANDBOX_PORT must be three different ports');
  return {
    root,
    dataDir: path.resolve(root, env.DATA_DIR || '.data'),
    production,
    embedded,
    demo: env.TRIBUTARY_DEMO === '1' || (embedded && !production && env.TRIBUTARY_DEMO !== '0'),
    console: !flags.includes('--no-console'),
    verbose: flags.includes('--verbose'),
    ports,
    urls: {
      engine: `http://127.0.0.1:${ports.engine}`,
      console: env.CONSOLE_URL || `http://127.0.0.1:${ports.console}`,
      sandbox: env.SANDBOX_URL || `http://127.0.0.1:${ports.sandbox}`,
    },
  };
}

/** @param {NodeJS.ProcessEnv} env @param {string} name @param {number} fallback */
function readPort(env, name, fallback) {
  if (!env[name]) return fallback;
  const port = Number(env[name]);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) fail(`${name}=${env[name]} is not a port`);
  return port;
}

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exit(1);
}
