// npm run nodes [-- --profile embedded|redis|cluster] [--port N]: five engines behind a balancer on this machine, until Ctrl-C.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Profile, startSystem } from './system.ts';

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: 'redis' },
    /** Where the balancer listens. */
    port: { type: 'string', default: '4000' },
  },
});
const port = Number(values.port);
const profiles: readonly string[] = ['embedded', 'redis', 'cluster'] satisfies Profile[];
if (!profiles.includes(values.profile) || !Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error('usage: npm run nodes -- [--profile embedded|redis|cluster] [--port N]');
  process.exit(2);
}
const dataDir = path.resolve(process.env.DATA_DIR || '.data');
mkdirSync(dataDir, { recursive: true });
const system = await startSystem({ profile: values.profile as Profile, port, dataDir });
console.log(`balancer  ${system.url}`);
for (const { name, url } of system.nodes) console.log(`${name.padEnd(9)} ${url}`);
console.log(`sandbox   ${system.sandboxUrl}
database  ${system.databaseUrl}
logs and demo.json: ${dataDir}`);
let stopping = false;
const stop = () => {
  if (stopping) return;
  stopping = true;
  void system.stop().finally(() => process.exit(0));
};
process.on('SIGINT', stop).on('SIGTERM', stop);
