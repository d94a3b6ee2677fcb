import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * What the engine needs to keep secrets. The environment wins; else made once and kept in DATA_DIR/secrets.json.
 * @param {import('./settings.mjs').Settings} settings
 * @param {NodeJS.ProcessEnv} env
 */
export function readOrMakeSecrets({ dataDir, production, embedded }, env) {
  const given = {
    TRIBUTARY_KEK: env.TRIBUTARY_KEK,
    TRIBUTARY_PEPPER: env.TRIBUTARY_PEPPER,
    TRIBUTARY_AUTH_SECRET: env.TRIBUTARY_AUTH_SECRET,
  };
  const missing = Object.entries(given).flatMap(([name, value]) => (value ? [] : [name]));
  if (missing.length === 0) return given;
  if (production && !embedded) {
    // Several nodes share the database: keys made up on one of them could not be read by the others.
    throw new Error(`NODE_ENV=production with DATABASE_URL needs ${missing.join(', ')} in the environment`);
  }
  const file = path.join(dataDir, 'secrets.json');
  if (!existsSync(file)) {
    const kekId = `dev-${randomBytes(4).toString('hex')}`;
    const made = {
      TRIBUTARY_KEK: `${kekId}:${randomBytes(32).toString('base64')}`,
      TRIBUTARY_PEPPER: randomBytes(32).toString('base64'),
      TRIBUTARY_AUTH_SECRET: randomBytes(32).toString('base64url'),
    };
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value || kept[name]]));
}
