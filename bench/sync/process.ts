// A worker as in production, that knows the benchmark's channel beside the real ones.
import { channelAdapters } from '@tributary/channels/registry';
import { buildEngine } from '../../apps/engine/src/build-engine.ts';
import { readEnv } from '../../apps/engine/src/env.ts';
import { createLog } from '../../apps/engine/src/platform/log.ts';
import { ledgerChannel } from './ledger-channel.ts';

const env = readEnv(process.env);
const engine = await buildEngine({
  env,
  log: createLog({ level: env.LOG_LEVEL, node: env.node, role: env.ROLE }),
  adapters: [...channelAdapters, ledgerChannel],
});
await engine.start();
process.on('SIGTERM', () => void engine.stop().then(() => process.exit(0)));
