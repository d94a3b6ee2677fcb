// Preloaded into programs that aren't ours (`node --import`): when the pipe from the starter closes, however the
// starter died, the program ends too.
let ending = false;

if (process.env.TRIBUTARY_PARENT_PIPE === '1') {
  // The program's own children have another stdin.
  delete process.env.TRIBUTARY_PARENT_PIPE;
  process.stdin.on('error', end).on('end', end).on('close', end);
  process.stdin.resume();
  /** @type {import('node:net').Socket} */ (process.stdin).unref?.();
}

function end() {
  if (ending) return;
  ending = true;
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), 5_000);
}
