import { isPortFree } from '../process/ports.mjs';

/** @param {import('./settings.mjs').Settings} settings */
export async function refuseTakenPorts({ ports, console: withConsole, production }) {
  const wanted = [
    { name: 'ENGINE_PORT', port: ports.engine, needed: true },
    { name: 'CONSOLE_PORT', port: ports.console, needed: withConsole },
    { name: 'SANDBOX_PORT', port: ports.sandbox, needed: !production },
  ];
  for (const { name, port, needed } of wanted) {
    if (!needed || (await isPortFree(port))) continue;
    console.error(
      `Port ${port} is in use by another program: stop it, or choose another port with ${name}=<port> npm start`,
    );
    process.exit(1);
  }
}
