import { createHash } from 'node:crypto';
import { errorCodes, failureCodes } from '@tributary/contracts/error-code';
import type { FastifyInstance } from 'fastify';
import { docsScript, docsStyle } from './docs-assets.ts';
import { createOpenApi } from './openapi.ts';

type Schema = {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  $ref?: string;
  enum?: string[];
  anyOf?: Schema[];
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  example?: unknown;
};
type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  parameters?: { name: string; in: string; required: boolean; description?: string }[];
  requestBody?: unknown;
  responses: Record<string, { description: string }>;
};

/** `/openapi.json` and `/docs`: rendered from that very document, with no foreign assets. */
export function registerDocs(app: FastifyInstance): void {
  const document = createOpenApi();
  const text = JSON.stringify(document);
  const html = renderDocs(document);
  const hash = (source: string) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
  const policy = `default-src 'none'; style-src ${hash(docsStyle)}; script-src ${hash(docsScript)}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  app.get('/openapi.json', async (_, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(text),
  );
  app.get('/docs', async (_, reply) =>
    reply.header('content-type', 'text/html; charset=utf-8').header('content-security-policy', policy).send(html),
  );
}

const escapeHtml = (text: unknown): string => String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
/** Escaped, with `code` set as code. */
const prose = (text: unknown): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
const both = (en: string, zh: string): string => `<span lang="en">${en}</span><span lang="zh-CN">${zh}</span>`;

function renderDocs(document: Record<string, unknown>): string {
  const { schemas } = document.components as { schemas: Record<string, Schema> };
  const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return `<!doctype html>
<html lang="en" data-lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tributary API</title><style>${docsStyle}</style>
</head>
<body>
<header><a class="brand" href="#top">Tributary <small>API</small></a>
<nav aria-label="Sections"><a href="#start">${both('Quick start', '快速开始')}</a><a href="#auth">${both('Authentication', '认证')}</a><a href="#idempotency">${both('Idempotency', '幂等')}</a><a href="#operations">${both('Operations', '接口')}</a><a href="#webhooks">Webhooks</a><a href="#errors">${both('Errors', '错误码')}</a><a href="/openapi.json">OpenAPI</a></nav>
<button type="button" id="language">中文</button></header>
<main id="top">
<h1>${both('One API, every channel', '一次接入，所有渠道')}</h1>
<p class="lead">${both('Take, query, close and refund payments on WeChat Pay and every channel that follows, through one interface. Amounts are integers of minor units (100 = CNY 1.00).', '通过同一套接口完成下单、查询、关单与退款。金额一律为最小货币单位的整数（100 = 1.00 元）。')}</p>
${quickStart}
${authentication}
${idempotency}
<section id="operations"><h2>${both('Operations', '接口')}</h2>
${operations.map((one) => renderOperation(one, schemas)).join('\n')}
</section>
<section><h2>${both('Objects', '对象')}</h2>${['CreatePayment', 'Payment', 'CreateRefund', 'Refund', 'Problem'].map((name) => renderSchema(name, schemas)).join('\n')}</section>
${webhooks}
${renderErrors()}
</main>
<script>${docsScript}</script>
</body></html>`;
}

const quickStart = `<section id="start"><h2>${both('Quick start', '快速开始')}</h2>
<p>${both('Your API key is in the console under Merchants; a demo system writes one into <code>.data/demo.json</code>.', 'API 密钥在控制台“商户”页创建；演示系统会写入 <code>.data/demo.json</code>。')}</p>
<pre><code>curl -X POST <span data-origin></span>/v1/payments \\
  -H 'Authorization: Bearer tk_live_…' -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: order-1001' \\
  -d '{"merchantOrderNo":"1001","serviceId":"wechat.native","amount":1299,"currency":"CNY","subject":"Flat white"}'</code></pre>
<p>${both('Show <code>credential.url</code> as a QR code. Then query until <code>status</code> is final, or wait for the webhook:', '将 <code>credential.url</code> 展示为二维码；随后查询直至 <code>status</code> 为终态，或等待 Webhook：')}</p>
<pre><code>curl <span data-origin></span>/v1/payments/pay_… -H 'Authorization: Bearer tk_live_…'</code></pre></section>`;

const authentication = `<section id="auth"><h2>${both('Authentication', '认证')}</h2>
<p>${both('<b>API key</b>: <code>Authorization: Bearer &lt;key&gt;</code>. Keys have scopes and may be bound to addresses; a revoked key stops working at once.', '<b>API 密钥</b>：<code>Authorization: Bearer &lt;key&gt;</code>。密钥带权限范围，可绑定 IP，吊销立即生效。')}</p>
<p>${both('<b>Signed requests</b> (a merchant can require them for money): Ed25519 or RSA-SHA256, base64, over', '<b>签名请求</b>（商户可强制要求）：Ed25519 或 RSA-SHA256，Base64，对以下内容签名')}</p>
<pre><code>METHOD\\nPATH?QUERY\\nTIMESTAMP\\nNONCE\\nSHA256_HEX(BODY)\\n</code></pre>
<p>${both('with the headers <code>Tributary-Key</code>, <code>Tributary-Timestamp</code> (Unix seconds, ±5 minutes), <code>Tributary-Nonce</code> (used once) and <code>Tributary-Signature</code>.', '并携带请求头 <code>Tributary-Key</code>、<code>Tributary-Timestamp</code>（Unix 秒，±5 分钟）、<code>Tributary-Nonce</code>（一次性）与 <code>Tributary-Signature</code>。')}</p></section>`;

const idempotency = `<section id="idempotency"><h2>${both('Idempotency', '幂等')}</h2>
<p>${both('POST requests that create something need an <code>Idempotency-Key</code>. The same key with the same body gets the first answer again (<code>Idempotency-Status: replayed</code>); with another body 422; while the first is in flight 409. After a lost connection send the same request again: nobody is charged twice.', '创建类 POST 请求必须携带 <code>Idempotency-Key</code>。同键同体返回首次应答（<code>Idempotency-Status: replayed</code>）；同键异体返回 422；首个请求仍在处理返回 409。连接中断后原样重发即可，绝不会重复扣款。')}</p></section>`;

const webhooks = `<section id="webhooks"><h2>Webhooks</h2>
<p>${both('When a payment or refund comes to its end we POST to <code>notifyUrl</code> (or the merchant’s default) as <a href="https://www.standardwebhooks.com">Standard Webhooks</a>: <code>webhook-id</code> (the same on every retry), <code>webhook-timestamp</code>, <code>webhook-signature</code>. Verify with your webhook secret, answer 2xx within 15 seconds; otherwise we try again for about a day. Types: <code>payment.succeeded</code>, <code>payment.failed</code>, <code>payment.closed</code>, <code>refund.succeeded</code>, <code>refund.failed</code>. A payment refused when it was placed is told in the answer only.', '支付或退款到达终态时，我们按 <a href="https://www.standardwebhooks.com">Standard Webhooks</a> 向 <code>notifyUrl</code>（或商户默认地址）发送 POST：<code>webhook-id</code>（重试不变）、<code>webhook-timestamp</code>、<code>webhook-signature</code>。用 Webhook 密钥验签并在 15 秒内返回 2xx，否则约一天内按退避重试。类型：<code>payment.succeeded</code>、<code>payment.failed</code>、<code>payment.closed</code>、<code>refund.succeeded</code>、<code>refund.failed</code>。下单时即被拒绝的支付仅在应答中返回。')}</p></section>`;

function renderOperation(
  { path, method, operation }: { path: string; method: string; operation: Operation },
  schemas: Record<string, Schema>,
): string {
  const parameters = operation.parameters ?? [];
  const sample =
    operation.operationId === 'createPayment'
      ? samplePayment
      : operation.operationId === 'createRefund'
        ? '{"merchantRefundNo":"R1001","amount":500}'
        : '';
  return `<article class="operation" id="${operation.operationId}">
<h3><span class="method ${method.toLowerCase()}">${method}</span> <code>${escapeHtml(path)}</code> ${escapeHtml(operation.summary)}</h3>
${operation.description ? `<p>${prose(operation.description)}</p>` : ''}
${parameters.length > 0 ? `<table><thead><tr><th scope="col">${both('Parameter', '参数')}</th><th scope="col">${both('In', '位置')}</th><th scope="col">${both('Meaning', '说明')}</th></tr></thead><tbody>${parameters.map((p) => `<tr><td><code>${escapeHtml(p.name)}</code>${p.required ? '<b class="required" title="required">*</b>' : ''}</td><td>${escapeHtml(p.in)}</td><td>${prose(p.description ?? '')}</td></tr>`).join('')}</tbody></table>` : ''}
${operation.requestBody ? `<p>${both('Body', '请求体')}: <a href="#schema-${operation.operationId === 'createPayment' ? 'CreatePayment' : 'CreateRefund'}">${operation.operationId === 'createPayment' ? 'CreatePayment' : 'CreateRefund'}</a></p>` : ''}
<details><summary>${both('Answers', '应答')}</summary><table><tbody>${Object.entries(operation.responses)
    .map(([status, { description }]) => `<tr><th scope="row">${status}</th><td>${prose(description)}</td></tr>`)
    .join('')}</tbody></table></details>
<details class="try"><summary>${both('Try it', '试一下')}</summary>
<form data-method="${method}" data-path="${escapeHtml(path)}">
<label>API key <input name="key" autocomplete="off" spellcheck="false" placeholder="tk_live_…"></label>
${path.includes('{id}') ? `<label>id <input name="id" spellcheck="false"></label>` : ''}
${method === 'GET' && path === '/v1/payments' ? `<label>query <input name="query" spellcheck="false" placeholder="status=succeeded&amp;limit=5"></label>` : ''}
${sample && schemas ? `<label>${both('Body', '请求体')}<textarea name="body" rows="8" spellcheck="false">${escapeHtml(JSON.stringify(JSON.parse(sample), null, 2))}</textarea></label>` : ''}
<button type="submit">${both('Send', '发送')}</button><pre class="curl" hidden></pre><pre class="answer" aria-live="polite" hidden></pre></form></details>
</article>`;
}

const samplePayment =
  '{"merchantOrderNo":"DOCS-1","serviceId":"wechat.native","amount":1299,"currency":"CNY","subject":"Flat white"}';

function renderSchema(name: string, schemas: Record<string, Schema>): string {
  const schema = schemas[name];
  const rows = Object.entries(schema?.properties ?? {}).map(([field, one]) => {
    const required = schema?.required?.includes(field) ? '<b class="required" title="required">*</b>' : '';
    const children = one.properties
      ? Object.entries(one.properties)
          .map(([child, inner]) => row(`${field}.${child}`, inner, ''))
          .join('')
      : '';
    return row(field, one, required) + children;
  });
  return `<h3 id="schema-${name}">${name}</h3><div class="scroll"><table><thead><tr><th scope="col">${both('Field', '字段')}</th><th scope="col">${both('Type', '类型')}</th><th scope="col">${both('Meaning', '说明')}</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function row(field: string, schema: Schema, required: string): string {
  return `<tr><td><code>${escapeHtml(field)}</code>${required}</td><td>${escapeHtml(typeText(schema))}</td><td>${prose(schema.description ?? '')}</td></tr>`;
}

function typeText(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? '';
  if (schema.enum) return schema.enum.join(' | ');
  if (schema.anyOf) return schema.anyOf.map(typeText).join(' or ');
  const bounds = schema.maxLength
    ? ` ≤ ${schema.maxLength}`
    : schema.minimum !== undefined && schema.maximum !== undefined && schema.maximum < 1e9
      ? ` ${schema.minimum}–${schema.maximum}`
      : '';
  return `${schema.type ?? 'object'}${bounds}`;
}

function renderErrors(): string {
  const errors = Object.entries(errorCodes).map(
    ([code, { status, retryable, title, zh }]) =>
      `<tr id="error-${code}"><td><code>${code}</code></td><td>${status}</td><td>${both(escapeHtml(title), escapeHtml(zh))}</td><td>${retryable ? both('yes', '可重试') : both('no', '不可重试')}</td></tr>`,
  );
  const failures = Object.entries(failureCodes).map(
    ([code, { title, zh }]) =>
      `<tr><td><code>${code}</code></td><td>${both(escapeHtml(title), escapeHtml(zh))}</td></tr>`,
  );
  return `<section id="errors"><h2>${both('Errors', '错误码')}</h2><p>${both('Errors come as <code>application/problem+json</code> (RFC 9457). <code>errors</code> names every wrong field.', '错误以 <code>application/problem+json</code>（RFC 9457）返回，<code>errors</code> 列出全部出错字段。')}</p>
<div class="scroll"><table><thead><tr><th scope="col">code</th><th scope="col">HTTP</th><th scope="col">${both('Meaning', '含义')}</th><th scope="col">${both('Retry', '重试')}</th></tr></thead><tbody>${errors.join('')}</tbody></table></div>
<h3>${both('Why a payment did not succeed', '支付未成功的原因')} <code>failure.code</code></h3><div class="scroll"><table><tbody>${failures.join('')}</tbody></table></div></section>`;
}
