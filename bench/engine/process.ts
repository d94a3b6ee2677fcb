// The engine as in production, with one more channel: inside the process, answering at once.
import { channelAdapters } from '@tributary/channels/registry';
import { buildEngine } from '../../apps/engine/src/build-engine.ts';
import { readEnv } from '../../apps/engine/src/env.ts';
import { createLog } from '../../apps/engine/src/platform/log.ts';
import { zeroChannel } from './zero-channel.ts';

const env = readEnv(process.env);
const engine = await buildEngine({
  env,
  log: createLog({ level: 'error', node: env.node, role: env.ROLE }),
  adapters: [...channelAdapters, zeroChannel],
  inproc: { zero: () => ({ status: 200, headers: {}, body: Buffer.from('{}') }) },
});
await engine.start();
process.on('SIGTERM', () => void engine.stop().then(() => process.exit(0)));
