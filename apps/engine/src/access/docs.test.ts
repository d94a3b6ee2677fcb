import { createHash } from 'node:crypto';
import { errorCodes, failureCodes } from '@tributary/contracts/error-code';
import { afterAll, describe, expect, it } from 'vitest';
import { registerDocs } from './docs.ts';
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
});
