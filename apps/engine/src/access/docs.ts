import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { docsScript, docsStyle } from './docs-assets.ts';
import { chaptersAfter, chaptersBefore } from './docs-guides.ts';
import { both, escapeHtml } from './docs-html.ts';
import {
  type Listed,
  type Operation,
  renderErrors,
  renderOperation,
  renderSchema,
  type Schemas,
} from './docs-operations.ts';
import { inChinese } from './docs-words.ts';
import { createOpenApi } from './openapi.ts';

/** `/openapi.json` and `/docs`: rendered from that very document, with no foreign assets. */
export function registerDocs(app: FastifyInstance): void {
  const document = createOpenApi();
  const text = JSON.stringify(document);
  const pages = { en: renderDocs(document, 'en'), 'zh-CN': renderDocs(document, 'zh-CN') };
  const hash = (source: string) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
  // By hash rather than by nonce: the page is the same for everybody, and only these very texts may run.
  const policy = `default-src 'none'; style-src ${hash(docsStyle)}; script-src ${hash(docsScript)}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  app.get('/openapi.json', async (_, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(text),
  );
  app.get('/docs', async (request, reply) =>
    reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
        'cache-control': 'no-cache',
        vary: 'accept-language',
      })
      .send(pages[languageOf(request.headers['accept-language'])]),
  );
}

/** Which of our two languages the reader names first. */
const languageOf = (header = ''): 'en' | 'zh-CN' => (/^[^,]*?\bzh\b/i.test(header) ? 'zh-CN' : 'en');

function renderDocs(document: Record<string, unknown>, language: 'en' | 'zh-CN'): string {
  const { schemas } = document.components as { schemas: Schemas };
  const operations: Listed[] = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return `<!doctype html>
<html lang="${language}" data-theme="auto">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tributary API</title><link rel="icon" href="data:,"><style>${docsStyle}</style>
</head>
<body>
<a class="skip" href="#top">${both('Skip to content', '跳至正文')}</a>
<header><a class="brand" href="#top">${mark}Tributary <small>API</small></a>
<a class="plain" href="/openapi.json">OpenAPI 3.1</a>
<button type="button" id="theme" aria-label="Theme / 主题">◐</button>
<button type="button" id="language" lang="${language === 'en' ? 'zh-CN' : 'en'}">${language === 'en' ? '中文' : 'English'}</button></header>
<div class="frame">
<nav aria-label="${language === 'en' ? 'Contents' : '目录'}">${contents(operations)}</nav>
<main id="top" tabindex="-1">
<h1>${both('One API, every channel', '一次接入，所有渠道')}</h1>
<p class="lead">${both('Take, query, close and refund payments on every channel through one interface. Amounts are integers of minor units (100 = CNY 1.00); times are UTC.', '通过同一套接口完成各渠道的下单、查询、关单与退款。金额一律为最小货币单位的整数（100 = 1.00 元），时间为 UTC。')}</p>
${chaptersBefore}
<section id="operations"><h2>${both('Operations', '接口')}</h2>
${operations.map((one) => renderOperation(one, schemas)).join('\n')}
</section>
<section id="objects"><h2>${both('Objects', '对象')}</h2>${Object.keys(schemas)
    .map((name) => renderSchema(name, schemas))
    .join('\n')}</section>
${chaptersAfter}
${renderErrors()}
</main></div>
<script>${docsScript}</script>
</body></html>`;
}

const mark =
  '<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"><path d="M4 4c0 6 8 6 8 12v4M20 4c0 6-8 6-8 12M12 4v8"/></svg>';

function contents(operations: Listed[]): string {
  const chapter = (id: string, en: string, zh: string) => `<li><a href="#${id}">${both(en, zh)}</a></li>`;
  const list = operations
    .map(
      ({ method, operation: { operationId, summary } }) =>
        `<li><a href="#${operationId}"><span class="verb">${method}</span> ${both(escapeHtml(summary), inChinese(summary))}</a></li>`,
    )
    .join('');
  return `<ul>${chapter('start', 'Quick start', '快速开始')}${chapter('statuses', 'Statuses', '状态')}${chapter('auth', 'Authentication', '认证')}${chapter('idempotency', 'Idempotency', '幂等')}</ul>
<ul><li class="title">${both('Operations', '接口')}</li>${list}</ul>
<ul>${chapter('objects', 'Objects', '对象')}${chapter('webhooks', 'Webhooks', 'Webhooks')}${chapter('errors', 'Errors', '错误码')}${chapter('failures', 'Failure codes', '失败码')}</ul>`;
}
