#!/usr/bin/env node
// @ts-nocheck: the WebAssembly build and the adapter's inner classes come without types.
// Development only. Stands in for Prisma's native `schema-engine`, which npm does not carry: the same JSON-RPC over
// stdin and stdout, answered by @prisma/schema-engine-wasm and @prisma/adapter-pg.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const require = createRequire(import.meta.url);
const args = process.argv.slice(2);
let panic;

const wasm = await loadWasm();
if (args.includes('--version')) {
  console.log(`schema-engine-wasm ${wasm.version()}`);
  process.exit(0);
}
const { url } = JSON.parse(flagValue('--datasource') ?? '{}');
if (args.includes('cli')) await runDatabaseCommand(args[args.indexOf('cli') + 1]);

const engine = await wasm.SchemaEngine.new(
  { datamodels: readDatamodels() },
  () => {},
  bindMigrationAwareSqlAdapterFactory(await createAdapter()),
);
let chain = Promise.resolve();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    chain = chain.then(() => line.trim() && answer(JSON.parse(line)));
  })
  .on('close', () => chain.then(() => process.exit(0)));

async function loadWasm() {
  const module = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const folder = path.dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const compiled = await WebAssembly.compile(readFileSync(path.join(folder, 'schema_engine_bg.wasm')));
  const instance = await WebAssembly.instantiate(compiled, { './schema_engine_bg.js': module });
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    set_message: (message) => {
      panic = message;
      process.stderr.write(`${message}\n`);
    },
  };
  module.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return module;
}

function flagValue(flag) {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
}

/** `--datamodels a.prisma b.prisma …` */
function readDatamodels() {
  const files = [];
  for (let at = args.indexOf('--datamodels') + 1; at > 0 && at < args.length; at += 1) {
    if (args[at].startsWith('--') || args[at] === 'cli') break;
    files.push(args[at]);
  }
  return files.length > 0 ? files.map((file) => [file, readFileSync(file, 'utf8')]) : undefined;
}

/** can-connect-to-database, create-database, drop-database: answered by the exit code. */
async function runDatabaseCommand(command) {
  const target = new URL(url);
  const database = decodeURIComponent(target.pathname.slice(1));
  const client = new pg.Client(urlOfDatabase(command === 'can-connect-to-database' ? undefined : 'postgres'));
  try {
    await client.connect();
    const name = pg.escapeIdentifier(database);
    if (command === 'create-database') {
      await client.query(`CREATE DATABASE ${name}`).catch((error) => {
        if (error.code !== '42P04') throw error;
      });
    }
    if (command === 'drop-database') await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.end();
    process.exit(0);
  } catch (error) {
    const meta = { database_name: database, database_host: target.hostname, database_port: Number(target.port) };
    const error_code = error.code === '3D000' ? 'P1003' : 'P1001';
    const fields = { is_panic: false, message: String(error.message), error_code, meta };
    const entry = { level: 'ERROR', timestamp: new Date().toISOString(), target: 'schema_engine::logger', fields };
    // The command line skips the first line.
    process.stderr.write(`{}\n${JSON.stringify(entry)}\n`);
    process.exit(1);
  }
}

/** adapter-pg 7.10, with three gaps closed that only migrations meet. */
async function createAdapter() {
  const factory = new PrismaPg({ connectionString: urlOfDatabase() });

  const sample = await factory.connect();
  const adapterClass = Object.getPrototypeOf(sample);
  const queryableClass = Object.getPrototypeOf(adapterClass);
  const { performIO, queryRaw } = queryableClass;
  const charColumns = new WeakMap();
  // It can't read the internal type "char" (oid 18) of catalogue queries: hand it on as text, marked as a character.
  queryableClass.performIO = async function (query) {
    const result = await performIO.call(this, query);
    const columns = (result.fields ?? []).flatMap((field, at) => (field.dataTypeID === 18 ? [at] : []));
    for (const at of columns) result.fields[at].dataTypeID = 25;
    charColumns.set(query, columns);
    return result;
  };
  queryableClass.queryRaw = async function (query) {
    const result = await queryRaw.call(this, query);
    for (const at of charColumns.get(query) ?? []) result.columnTypes[at] = ColumnTypeEnum.Character;
    return result;
  };
  // It cuts scripts at every semicolon, also inside functions: send them whole, as the native engine does.
  adapterClass.executeScript = async function (script) {
    try {
      await this.client.query(script);
    } catch (error) {
      this.onError(error);
    }
  };
  await sample.dispose();
  // Given a connection string, its own would migrate the real database instead of the shadow.
  factory.connectToShadowDb = async () => {
    const admin = await factory.connect();
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    await admin.executeScript(`CREATE DATABASE "${database}"`);
    const shadow = await new PrismaPg({ connectionString: urlOfDatabase(database) }).connect();
    const disconnect = shadow.dispose.bind(shadow);
    shadow.dispose = async () => {
      await disconnect();
      await admin.executeScript(`DROP DATABASE "${database}" WITH (FORCE)`);
      await admin.dispose();
    };
    return shadow;
  };
  return factory;
}

/** The datasource's URL, for another database of the server if named. `schema` is a word of Prisma's, not Postgres'. */
function urlOfDatabase(name) {
  const target = new URL(url);
  target.searchParams.delete('schema');
  if (name) target.pathname = `/${name}`;
  return target.href;
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

async function answer({ id, method, params }) {
  // The command line's reply to our `print`.
  if (!method) return;
  try {
    const name = method.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    const operation = engine[name === 'getDatabaseVersion' ? 'version' : name];
    if (!operation) throw new Error(`unsupported method ${method}`);
    let result = await operation.call(engine, params ?? {});
    if (name === 'diff' && result.stdout != null) {
      send({ id: 1_000_000 + id, method: 'print', params: { content: result.stdout } });
      result = { ...result, stdout: null };
    }
    send({ id, result: result ?? null });
  } catch (error) {
    const data = {
      is_panic: panic !== undefined,
      message: panic ?? error?.message ?? String(error),
      meta: error?.meta ?? null,
      error_code: error?.code ?? null,
    };
    send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } });
  }
}
