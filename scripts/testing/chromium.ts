import { findChromium } from './find-program.mjs';

/** For `describe.skipIf(chromiumPath === undefined)`. `npm test` makes a skip loud, and with CI=true a failure. */
export const chromiumPath: string | undefined = findChromium();

/** Quiet, and able to run as root. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
