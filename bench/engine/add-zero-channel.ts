import pg from 'pg';
import { accountSecretsAad } from '../../apps/engine/src/platform/secret-places.ts';
import { createSecrets, parseKeyRing } from '../../apps/engine/src/platform/secrets.ts';
import { liveDocument, publishDocument } from '../../scripts/testing/documents.ts';

/** The channel that answers at once, with an account and the service `zero.native`; the demonstration's limits are opened. */
export async function addZeroChannel(databaseUrl: string, kek: string): Promise<void> {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  const native = await liveDocument(db, 'service', 'wechat.native');
  await publishDocument(db, 'channel', 'zero', {
    id: 'zero',
    name: 'zero latency',
    adapter: 'zero',
    params: { maxConcurrent: 512, maxQueue: 512, queueTimeoutMs: 1000 },
  });
  await db.query(
    `INSERT INTO channel_accounts (id, channel_id, label, base_url, config, secrets) VALUES ('zero-main', 'zero', 'zero', 'inproc://zero', '{}', $1)`,
    [createSecrets(parseKeyRing(kek)).encrypt('{}', accountSecretsAad('zero-main'))],
  );
  await publishDocument(db, 'service', 'zero.native', { ...native, id: 'zero.native', channelIds: ['zero'] });
  await db.query('UPDATE merchants SET rate_per_second = 1000000, reads_per_second = 1000000');
  for (const id of ['merchant-day', 'payer-day']) {
    const { maxCount: _, ...limit } = await liveDocument(db, 'limit', id);
    await publishDocument(db, 'limit', id, { ...limit, maxAmount: 9_007_199_254_740_991 });
  }
  await db.end();
}
