import { startSimulator } from './start-simulator.ts';

const port = Number(process.env.SANDBOX_PORT ?? 4600);
if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('SANDBOX_PORT must be a port number.');

const sandbox = await startSimulator({
  port,
  host: process.env.SANDBOX_HOST ?? '127.0.0.1',
  dir: process.env.SANDBOX_DIR ?? '.data/sandbox',
});
process.stdout.write(`Sandbox is ready: ${sandbox.url}\n`);

let stopping = false;
const stop = () => {
  if (stopping) return;
  stopping = true;
  sandbox.close().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`sandbox: ${String(error)}\n`);
      process.exit(1);
    },
  );
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
if (process.env.TRIBUTARY_PARENT_PIPE === '1') {
  // The parent holds the other end of our stdin: when it dies, however it dies, we go too.
  process.stdin.on('end', stop);
  process.stdin.on('close', stop);
  process.stdin.resume();
}
