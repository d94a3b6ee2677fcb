import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { channelAdapters } from '@tributary/channels/registry';
import { type Simulator, startSimulator } from '@tributary/channels/testing/simulator/start-simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { createSend } from '../send.ts';
import { probeAccount } from './probe-account.ts';

type Keys = Record<string, Record<string, string & string[]>>;
type Account = { config: Record<string, unknown>; secrets: Record<string, unknown>; baseUrl: string };

let sandbox: Simulator;
let dir: string;
let keys: Keys;
const sender = createSend({});
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherPrivate = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const otherPublic = publicKey.export({ type: 'spki', format: 'pem' }).toString();

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'tributary-probe-'));
  sandbox = await startSimulator({ port: 0, dir });
  keys = (await (await fetch(`${sandbox.url}/control/credentials`)).json()) as Keys;
});
afterAll(async () => {
  await sender.close();
  await sandbox.close();
  await rm(dir, { recursive: true });
});

function accountOf(channel: string, mode = 'public_key'): Account {
  const [wechatPay, alipay, unionpay] = [keys.wechatPay, keys.alipay, keys.unionpay].map((one) => one ?? {});
  const accounts: Record<string, Omit<Account, 'baseUrl'>> = {
    'wechat-pay': {
      config: {
        mchId: wechatPay?.mchid,
        appId: wechatPay?.appid,
        certificateSerial: wechatPay?.merchantSerial,
        verification:
          mode === 'certificate'
            ? { mode }
            : { mode, keyId: wechatPay?.publicKeyId, publicKeyPem: wechatPay?.platformPublicKeyPem },
      },
      secrets: { privateKeyPem: wechatPay?.merchantPrivateKeyPem, apiV3Key: wechatPay?.apiV3Key },
    },
    alipay: {
      config: {
        appId: alipay?.appId,
        verification:
          mode === 'certificate'
            ? {
                mode,
                appCertificatePem: alipay?.appCertificatePem,
                alipayCertificatePems: alipay?.alipayCertificatePems,
                alipayRootCertificatePem: alipay?.alipayRootCertificatePem,
              }
            : { mode, publicKeyPem: alipay?.alipayPublicKeyPem },
      },
      secrets: { privateKeyPem: alipay?.appPrivateKeyPem },
    },
    unionpay: {
      config: {
        merId: unionpay?.merId,
        certificatePem: unionpay?.certificatePem,
        rootCertificatePem: unionpay?.rootCertificatePem,
        middleCertificatePem: unionpay?.middleCertificatePem,
        signerName: unionpay?.signerName,
      },
      secrets: { privateKeyPem: unionpay?.privateKeyPem },
    },
  };
  return { ...(accounts[channel] as Account), baseUrl: sandbox.url };
}
const probe = (channel: string, account: Account) => {
  const adapter = channelAdapters.find(({ id }) => id === channel);
  if (!adapter) throw new Error(channel);
  return probeAccount({ adapter, account, trust: [], send: sender.send, clock: systemClock });
};
const verdictOf = async (channel: string, account: Account) => (await probe(channel, account)).verdict;
const verified = (account: Account) => account.config.verification as Record<string, unknown>;

describe('a probe', () => {
  it.each([
    ['wechat-pay', 'public_key', 'ORDER_NOT_EXIST'],
    ['wechat-pay', 'certificate', 'ORDER_NOT_EXIST'],
    ['alipay', 'public_key', 'ACQ.TRADE_NOT_EXIST'],
    ['alipay', 'certificate', 'ACQ.TRADE_NOT_EXIST'],
    ['unionpay', 'certificate', '34'],
  ])('of %s by %s proves the keys of both directions', async (channel, mode, code) => {
    const probed = await probe(channel, accountOf(channel, mode));
    expect(probed).toMatchObject({ verdict: 'ok', code });
    expect(probed.trust === undefined).toBe(`${channel} ${mode}` !== 'wechat-pay certificate');
    // UnionPay's answers hold a certificate, not encoded: of such a body only the size is kept.
    expect(probed.exchanges.at(-1)?.response?.body).toContain(channel === 'unionpay' ? 'bytes' : code);
  });

  it.each(['wechat-pay', 'alipay', 'unionpay'])('of %s tells a wrong private key', async (channel) => {
    const account = accountOf(channel);
    account.secrets.privateKeyPem = otherPrivate;
    expect(await verdictOf(channel, account)).toBe('our_key_refused');
  });

  it.each(['wechat-pay', 'alipay'])('of %s tells a wrong key of the channel', async (channel) => {
    const account = accountOf(channel);
    account.config.verification = { ...verified(account), publicKeyPem: otherPublic };
    expect(await verdictOf(channel, account)).toBe('channel_key_wrong');
  });

  it('of UnionPay tells a wrong owner of its certificate', async () => {
    const account = accountOf('unionpay');
    account.config.signerName = 'somebody else';
    expect(await verdictOf('unionpay', account)).toBe('channel_key_wrong');
  });

  it.each([
    ['alipay', 'appId', '2021000000000001'],
    ['unionpay', 'merId', '777290058000000'],
  ])('of %s tells a wrong merchant', async (channel, field, value) => {
    const account = accountOf(channel);
    account.config[field] = value;
    expect(await verdictOf(channel, account)).toBe('merchant_refused');
  });

  it('shows no page of an address that is no channel, and nothing secret of its own', async () => {
    const server = createServer((_, response) => response.end('<html>INTERNAL PAGE</html>'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const account = accountOf('wechat-pay');
    const probed = await probe('wechat-pay', {
      ...account,
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    expect(probed.verdict).toBe('channel_key_wrong');
    expect(JSON.stringify(probed)).not.toContain('INTERNAL');
    expect(probed.exchanges[0]?.response?.body).toBe('(26 bytes, not signed by the channel)');
    expect(probed.exchanges[0]?.request.headers.Authorization).toBe('***');
  });

  it('of what can not be opened, or answers nobody, says so and does not throw', async () => {
    expect(await verdictOf('wechat-pay', { ...accountOf('wechat-pay'), secrets: {} })).toBe('unusable');
    expect(await verdictOf('wechat-pay', { ...accountOf('wechat-pay'), baseUrl: 'http://127.0.0.1:1' })).toBe(
      'unreachable',
    );
    const server = createServer((request) => request.socket.destroy());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await verdictOf('wechat-pay', { ...accountOf('wechat-pay'), baseUrl })).toBe('connection_lost');
    await new Promise((done) => server.close(done));
  });
});
