// Writes the demonstration: configuration, merchants, console users, and DATA_DIR/demo.json. May run again and again.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ConfigKind, mainDocument } from '@tributary/contracts/config-kind';
import { roles } from '@tributary/contracts/role';
import pg from 'pg';
import { generateApiKey, hashApiKey, parseApiKey } from '../../apps/engine/src/access/api-key.ts';
import { scopes } from '../../apps/engine/src/access/authenticate.ts';
import { hashConsolePassword } from '../../apps/engine/src/access/password.ts';
import { contentHashOf } from '../../apps/engine/src/config/content-hash.ts';
import { newId } from '../../apps/engine/src/platform/ids.ts';
import { accountSecretsAad, webhookSecretAad } from '../../apps/engine/src/platform/secret-places.ts';
import { createSecrets, parseKeyRing } from '../../apps/engine/src/platform/secrets.ts';
import { demoAccounts } from './demo-accounts.ts';
import { limits, lists, merchants, riskRules, routingRules } from './demo-config.ts';
import { channels, services } from './demo-services.ts';

type DemoMerchant = {
  id: string;
  name: string;
  keyId: string;
  apiKey: string;
  signingKeyId: string;
  signingKey: string;
  webhookSecret: string;
};
type DemoUser = { email: string; password: string; role: string; approver: boolean };
type Demo = { engineUrl: string; consoleUrl: string; sandboxUrl: string; merchants: DemoMerchant[]; users: DemoUser[] };
function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const sandboxUrl = need('SANDBOX_URL');
const secrets = createSecrets(parseKeyRing(need('TRIBUTARY_KEK')));
const pepper = Buffer.from(need('TRIBUTARY_PEPPER'), 'base64');
const demoFile = path.join(need('DATA_DIR'), 'demo.json');
const db = new pg.Client({ connectionString: need('DATABASE_URL') });

/** Puts a document in force unless one was ever published under its name: people's changes stay. */
async function publishOnce(kind: ConfigKind, objectId: string, document: unknown): Promise<void> {
  await db.query(
    `SELECT tributary_publish($1, $2, $3, 'demo', 'the demonstration', $4)
     WHERE NOT EXISTS (SELECT 1 FROM config_versions WHERE kind = $1 AND object_id = $2)`,
    [kind, objectId, JSON.stringify(document), contentHashOf(document)],
  );
}

async function seedConfiguration(): Promise<void> {
  for (const channel of channels) await publishOnce('channel', channel.id, channel);
  for (const service of services) await publishOnce('service', service.id, service);
  for (const limit of limits) await publishOnce('limit', limit.id, limit);
  for (const list of lists) await publishOnce('list', list.id, list);
  await publishOnce('risk', mainDocument, riskRules);
  await publishOnce('routing', mainDocument, routingRules);
}

async function seedAccounts(): Promise<void> {
  for (const { id, channelId, label, config, secrets: stored } of await demoAccounts(sandboxUrl)) {
    const { rows } = await db.query('SELECT base_url, config FROM channel_accounts WHERE id = $1', [id]);
    const current =
      rows[0] && rows[0].base_url === sandboxUrl && contentHashOf(rows[0].config) === contentHashOf(config);
    if (current) continue;
    // A sandbox whose state was thrown away has new keys: the account follows it.
    await db.query(
      `INSERT INTO channel_accounts (id, channel_id, label, base_url, config, secrets) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (id) DO UPDATE SET base_url = $4, config = $5, secrets = $6, trust = '[]', version = channel_accounts.version + 1, updated_at = now()`,
      [
        id,
        channelId,
        label,
        sandboxUrl,
        JSON.stringify(config),
        secrets.encrypt(JSON.stringify(stored), accountSecretsAad(id)),
      ],
    );
  }
}

async function seedMerchant(
  wanted: (typeof merchants)[number],
  known: DemoMerchant | undefined,
): Promise<DemoMerchant> {
  const webhookSecret = known?.webhookSecret ?? `whsec_${randomBytes(32).toString('base64')}`;
  await db.query(
    `INSERT INTO merchants (id, name, webhook_secret, rate_per_second, reads_per_second) VALUES ($1, $2, $3, 2000, 12000)
     ON CONFLICT (id) DO NOTHING`,
    [wanted.id, wanted.name, secrets.encrypt(webhookSecret, webhookSecretAad(wanted.id))],
  );
  const existing =
    known &&
    (
      await db.query('SELECT id FROM merchant_api_keys WHERE id = ANY($1) AND revoked_at IS NULL', [
        [known.keyId, known.signingKeyId],
      ])
    ).rows.length === 2;
  if (known && existing && parseApiKey(known.apiKey)) return known;
  if (!known) {
    await db.query('UPDATE merchants SET webhook_secret = $2 WHERE id = $1', [
      wanted.id,
      secrets.encrypt(webhookSecret, webhookSecretAad(wanted.id)),
    ]);
  }
  const key = generateApiKey();
  const { keyId: signingKeyId } = generateApiKey();
  const { privateKey } = generateKeyPairSync('ed25519');
  const insert = `INSERT INTO merchant_api_keys (id, merchant_id, name, kind, prefix, last4, secret_hash, public_key_pem, scopes, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'demo')`;
  await db.query(insert, [
    key.keyId,
    wanted.id,
    'demo',
    'bearer',
    key.text.slice(0, 12),
    key.text.slice(-4),
    hashApiKey(key.secret, pepper),
    null,
    scopes,
  ]);
  const publicKeyPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  await db.query(insert, [
    signingKeyId,
    wanted.id,
    'demo signing',
    'signing',
    signingKeyId.slice(0, 8),
    signingKeyId.slice(-4),
    null,
    publicKeyPem,
    scopes,
  ]);
  const signingKey = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
  return {
    id: wanted.id,
    name: wanted.name,
    keyId: key.keyId,
    apiKey: key.text,
    signingKeyId,
    signingKey,
    webhookSecret,
  };
}

async function seedUser(
  wanted: { email: string; name: string; role: string; approver: boolean; merchantId: string | null },
  known: DemoUser | undefined,
): Promise<DemoUser> {
  const password = known?.password ?? randomBytes(12).toString('base64url');
  const { rows } = await db.query('SELECT id FROM console_users WHERE email = $1', [wanted.email]);
  const id = rows[0]?.id ?? newId('usr');
  if (!rows[0]) {
    await db.query(
      'INSERT INTO console_users (id, name, email, email_verified, role, approver, merchant_id) VALUES ($1, $2, $3, true, $4, $5, $6)',
      [id, wanted.name, wanted.email, wanted.role, wanted.approver, wanted.merchantId],
    );
  }
  if (!rows[0] || !known) {
    await db.query('DELETE FROM console_accounts WHERE user_id = $1', [id]);
    await db.query(
      `INSERT INTO console_accounts (id, account_id, provider_id, user_id, password) VALUES ($1, $2, 'credential', $2, $3)`,
      [newId('acc'), id, await hashConsolePassword(password)],
    );
  }
  return { email: wanted.email, password, role: wanted.role, approver: wanted.approver };
}

async function main(): Promise<void> {
  const before: Demo | undefined = existsSync(demoFile) ? JSON.parse(readFileSync(demoFile, 'utf8')) : undefined;
  await db.connect();
  await db.query('SET statement_timeout = 30000');
  await db.query(`SELECT pg_advisory_lock(hashtext('tributary_demo'))`);
  await seedConfiguration();
  await seedAccounts();
  const demo: Demo = {
    engineUrl: process.env.ENGINE_URL ?? `http://127.0.0.1:${process.env.ENGINE_PORT ?? 4000}`,
    consoleUrl: need('CONSOLE_URL'),
    sandboxUrl,
    merchants: [],
    users: [],
  };
  for (const merchant of merchants)
    demo.merchants.push(
      await seedMerchant(
        merchant,
        before?.merchants.find(({ id }) => id === merchant.id),
      ),
    );
  const people = [
    ...roles.map((role) => ({
      email: `${role}@demo.tributary.example`,
      name: `Demo ${role}`,
      role,
      approver: false,
      merchantId: role === 'merchant' ? 'mch_cafe' : null,
    })),
    { email: 'approver@demo.tributary.example', name: 'Demo approver', role: 'ops', approver: true, merchantId: null },
  ];
  for (const person of people)
    demo.users.push(
      await seedUser(
        person,
        before?.users.find(({ email }) => email === person.email),
      ),
    );
  mkdirSync(path.dirname(demoFile), { recursive: true });
  writeFileSync(`${demoFile}.new`, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${demoFile}.new`, demoFile);
  await db.end();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
