// `npm start`: everything on one machine, from a fresh clone, with nothing but Node and npm.
// Imports nothing that is not there before the first install.
import { checkNodeVersion, ensureInstalled } from './ensure-installed.mjs';
import { claimDataDir } from './start/leftovers.mjs';
import { refuseTakenPorts } from './start/refuse-taken-ports.mjs';
import { readSettings } from './start/settings.mjs';

checkNodeVersion();
const settings = readSettings(process.env, process.argv.slice(2));
await claimDataDir(settings.dataDir);
await refuseTakenPorts(settings);
ensureInstalled();
const { run } = await import('./start/run.mjs');
await run(settings);
