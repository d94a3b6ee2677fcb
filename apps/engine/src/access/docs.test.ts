import * as crypto from 'node:crypto';
import { createHash } from 'node:crypto';
import { errorCodes, failureCodes } from '@tributary/contracts/error-code';
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, it } from 'vitest';
import type { ApiKeyConfig, ConfigSnapshot } from '../config/snapshot.ts';
import { systemClock } from '../platform/clock.ts';
import { createAuthenticate } from './authenticate.ts';
import { registerDocs } from './docs.ts';
import { signingCode, webhookCode } from './docs-guides.ts';
import { inChinese } from './docs-words.ts';
import { createOpenApi } from './openapi.ts';
import { createServer } from './server.ts';

const app = createServer({
  log: { error: () => undefined, warn: () => undefined },
  isReady: async () => ({ ready: true, checks: {} }),
  metricsText: async () => ({ contentType: 'text/plain', text: '' }),
});
registerDocs(app);
afterAll(() => app.close());
const page = async (language = 'en') =>
  app
    .inject({ url: '/docs', headers: { 'accept-language': language } })
    .then(({ body, headers }) => ({ body, headers }));

type Operation = { operationId: string; summary: string; description?: string; parameters?: { description: string }[] };
const document = createOpenApi() as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

function descriptionsIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { description } = schema as { description?: unknown };
  return [...(typeof description === 'string' ? [description] : []), ...Object.values(schema).flatMap(descriptionsIn)];
}

describe('the docs page', () => {
  it('has a place for every operation, object, error code and failure code, once', async () => {
    const { body } = await page();
    const ids = [...body.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of [
      ...operations.map(({ operationId }) => operationId),
      ...Object.keys(document.components.schemas).map((name) => `schema-${name}`),
      ...Object.keys(errorCodes).map((code) => `error-${code}`),
      ...Object.keys(failureCodes).map((code) => `failure-${code}`),
    ])
      expect(ids).toContain(id);
    for (const [, target] of body.matchAll(/ href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  it('loads nothing from elsewhere and runs nothing but its own style and script', async () => {
    const { body, headers } = await page();
    expect(body).not.toMatch(/\ssrc=|@import|url\((?!data:)| on[a-z]+=|style="/);
    const policy = String(headers['content-security-policy']);
    for (const [tag, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ]) {
      const source = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(body)?.[1] ?? '';
      expect(source.length).toBeGreaterThan(500);
      expect(policy).toContain(`${directive} 'sha256-${createHash('sha256').update(source).digest('base64')}'`);
    }
    expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(policy).not.toContain('unsafe');
  });

  it('speaks the language of its reader, and has every description in both', async () => {
    for (const [header, lang] of [
      ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
      ['en-GB,zh;q=0.5', 'en'],
      ['', 'en'],
    ])
      expect((await page(header)).body).toContain(`<html lang="${lang}"`);
    const texts = [
      ...descriptionsIn(document.components.schemas),
      ...operations.flatMap(({ summary, description, parameters = [] }) => [
        summary,
        ...(description ? [description] : []),
        ...parameters.map((one) => one.description),
      ]),
    ];
    expect(texts.length).toBeGreaterThan(60);
    for (const text of texts) expect(inChinese(text), text).not.toBe(text);
  });

  it('is the document of the API beside it', async () => {
    const { body, headers } = await app.inject('/openapi.json');
    expect(headers['content-type']).toContain('application/json');
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('shows code that works: what it signs we believe, what we sign it believes', () => {
    const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
    const body = '{"a":1}';
    const signed = run(signingCode, 'headers', { body, privateKey, keyId: 'k' }) as Record<string, string>;
    const key = {
      id: 'k',
      merchantId: 'm',
      kind: 'signing',
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      scopes: new Set(['payments:write']),
      ipAllowlist: [],
    } as unknown as ApiKeyConfig;
    const snapshot = { apiKeys: new Map([['k', key]]), merchants: new Map([['m', {}]]) } as unknown as ConfigSnapshot;
    const headers = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]));
    const request = { method: 'POST', pathAndQuery: '/v1/payments', headers, body: Buffer.from(body), ip: '127.0.0.1' };
    const authenticate = createAuthenticate({ pepper: Buffer.alloc(32), clock: systemClock });
    expect(authenticate(snapshot, request, 'payments:write')).toMatchObject({ keyId: 'k', signed: true });

    const secret = `whsec_${crypto.randomBytes(32).toString('base64')}`;
    const isOurs = run(webhookCode, 'isOurs', {}) as (headers: object, body: Buffer, secret: string) => boolean;
    const at = new Date();
    const hook = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': `v1,AAAA ${new Webhook(secret).sign('msg_1', at, body)}`,
    };
    expect(isOurs(hook, Buffer.from(body), secret)).toBe(true);
    expect(isOurs(hook, Buffer.from('{"a":2}'), secret)).toBe(false);
    expect(isOurs({ ...hook, 'webhook-timestamp': '1' }, Buffer.from(body), secret)).toBe(false);
  });
});

/** Runs a sample as a reader would, with the names that it takes for granted, and gives back one that it makes. */
function run(sample: string, name: string, given: Record<string, unknown>): unknown {
  const script = sample.replace(/^import (\{.*\}) from 'node:crypto';/, 'const $1 = crypto;');
  return new Function('crypto', ...Object.keys(given), `${script}\nreturn ${name};`)(crypto, ...Object.values(given));
}
