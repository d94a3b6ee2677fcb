import { buildEngine } from './build-engine.ts';
import { readEnv } from './env.ts';
import { createLog } from './platform/log.ts';

/** Reads the environment, starts the engine in its role, and stops it cleanly on SIGTERM, SIGINT or a vanished parent. */
async function main(): Promise<void> {
  const env = readEnv(process.env);
  const log = createLog({ level: env.LOG_LEVEL, node: env.node, role: env.ROLE });
  const engine = await buildEngine({ env, log });
  let stopping = false;
  const stop = (why: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    engine.stop().then(
      () => process.exit(0),
      (err) => {
        log.error({ err }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (env.TRIBUTARY_PARENT_PIPE)
    process.stdin
      .resume()
      .on('end', () => stop('the parent is gone'))
      .on('error', () => stop('the parent is gone'));
  process.on('unhandledRejection', (err) => log.error({ err }, 'a rejection was not handled'));
  await engine.start();
}

main().catch((error) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exit(1);
});
