import { type ErrorCode, errorCodes, failureCodes } from '@tributary/contracts/error-code';
import { both, code, escapeHtml, json, prose } from './docs-html.ts';
import { inChinese } from './docs-words.ts';

export type Schema = {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  required?: string[];
  $ref?: string;
  enum?: string[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  default?: unknown;
};
type Media = { schema: { $ref: string }; example?: unknown; examples?: Record<string, { value: unknown }> };
export type Operation = {
  operationId: string;
  summary: string;
  description?: string;
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: Schema }[];
  requestBody?: { content: { 'application/json': Media } };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
};
export type Listed = { path: string; method: string; operation: Operation };
export type Schemas = Record<string, Schema>;

const said = (text: string | undefined): string => (text ? both(prose(text), prose(inChinese(text))) : '');
const nameOf = (ref: string): string => ref.split('/').at(-1) ?? '';
const head = (...cells: string[]): string =>
  `<thead><tr>${cells.map((cell) => `<th scope="col">${cell}</th>`).join('')}</tr></thead>`;
const star = `<b class="required"><span aria-hidden="true">*</span><span class="unseen">${both('required', '必填')}</span></b>`;
const table = (header: string, rows: string): string =>
  `<div class="scroll" tabindex="0"><table>${header}<tbody>${rows}</tbody></table></div>`;
const fieldHead = head(both('Field', '字段'), both('Type', '类型'), both('Meaning', '说明'));

export function renderOperation({ path, method, operation }: Listed, schemas: Schemas): string {
  const { operationId, summary, description, parameters = [], requestBody, responses, security } = operation;
  const body = requestBody?.content['application/json'];
  const [status = '', good] = Object.entries(responses)[0] ?? [];
  const answer = good?.content?.['application/json'];
  const problems = Object.values(responses).flatMap(({ content }) =>
    Object.keys(content?.['application/problem+json']?.examples ?? {}),
  ) as ErrorCode[];
  return `<article class="operation" id="${operationId}">
<h3><span class="method ${method.toLowerCase()}">${method}</span> <code class="path">${escapeHtml(path)}</code> <span class="summary">${said(summary)}</span></h3>
<p>${said(description)}</p>
<p class="scope">${both('Scope', '权限')} <code>${security[0]?.apiKey?.[0] ?? ''}</code></p>
${parameters.length > 0 ? `<h4>${both('Parameters', '参数')}</h4>${table(head(both('Name', '名称'), both('In', '位置'), both('Type', '类型'), both('Meaning', '说明')), parameters.map(parameterRow).join(''))}` : ''}
${body ? `<h4>${both('Body', '请求体')} <a href="#schema-${nameOf(body.schema.$ref)}">${nameOf(body.schema.$ref)}</a></h4>${renderFields(schemas[nameOf(body.schema.$ref)])}` : ''}
${answer ? `<h4>${both('Answer', '应答')} ${status} <a href="#schema-${nameOf(answer.schema.$ref)}">${nameOf(answer.schema.$ref)}</a></h4>${examplesOf(answer)}` : ''}
<details><summary>${both('Errors', '错误')} (${problems.length})</summary>${table(
    head('HTTP', 'code', both('Meaning', '含义')),
    problems
      .map(
        (one) =>
          `<tr><td>${errorCodes[one].status}</td><td><a href="#error-${one}"><code>${one}</code></a></td><td>${both(escapeHtml(errorCodes[one].title), errorCodes[one].zh)}</td></tr>`,
      )
      .join(''),
  )}</details>
${renderTry({ path, method, operation }, body)}
</article>`;
}

const parameterRow = ({
  name,
  in: place,
  required,
  description,
  schema,
}: NonNullable<Operation['parameters']>[number]) =>
  `<tr><td><code>${escapeHtml(name)}</code>${required ? star : ''}</td><td>${place}</td><td>${typeText(schema)}</td><td>${said(description)}</td></tr>`;

const examplesOf = ({ example, examples }: Media): string =>
  example === undefined
    ? Object.entries(examples ?? {})
        .map(([name, { value }]) => code(json(value), name))
        .join('')
    : code(json(example));

function renderTry(
  { path, method, operation: { operationId, parameters = [] } }: Listed,
  body: Media | undefined,
): string {
  const needsKey = parameters.some(({ name }) => name === 'Idempotency-Key');
  return `<details class="try"><summary>${both('Try it', '在线调试')}</summary>
<form data-method="${method}" data-path="${escapeHtml(path)}">
<label><span>API key</span><input name="key" type="password" autocomplete="off" spellcheck="false" placeholder="tk_live_…" required></label>
${path.includes('{id}') ? `<label><span>id</span><input name="id" data-kind="${path.includes('/refunds/{id}') ? 'rfd' : 'pay'}" spellcheck="false" placeholder="${path.includes('/refunds/{id}') ? 'rfd' : 'pay'}_…" required></label>` : ''}
${operationId === 'listPayments' ? `<label><span>${both('Query', '查询参数')}</span><input name="query" spellcheck="false" placeholder="status=succeeded&amp;limit=5"></label>` : ''}
${needsKey ? `<label><span>Idempotency-Key</span><span class="pair"><input name="idempotency" spellcheck="false"><button type="button" class="renew">${both('New', '换一个')}</button></span></label>` : ''}
${body ? `<label><span>${both('Body', '请求体')}</span><textarea name="body" rows="12" spellcheck="false">${escapeHtml(json(toTry(body.example)))}</textarea></label>` : ''}
<button type="submit">${both('Send', '发送')}</button><p class="took" role="status"></p>
<div class="code curl" hidden><span class="label">curl</span><button type="button" class="copy">${both('Copy', '复制')}</button><pre tabindex="0"><code></code></pre></div>
<div class="code answer" hidden><span class="label">${both('Answer', '应答')}</span><button type="button" class="copy">${both('Copy', '复制')}</button><pre tabindex="0"><code></code></pre></div></form></details>`;
}

/** Without the address of a shop that is not there. */
const toTry = (example: unknown): unknown => ({ ...(example as object), notifyUrl: undefined });

export const renderSchema = (name: string, schemas: Schemas): string =>
  `<h3 id="schema-${name}">${name}</h3>${renderFields(schemas[name])}`;

const renderFields = (schema: Schema | undefined): string => table(fieldHead, fieldRows(schema, '', true));

function fieldRows(schema: Schema | undefined, prefix: string, needed: boolean): string {
  return Object.entries(schema?.properties ?? {})
    .map(([name, one]) => {
      const required = needed && schema?.required?.includes(name) === true;
      const inner = one.items?.properties
        ? { schema: one.items, at: `${prefix}${name}[].` }
        : { schema: one, at: `${prefix}${name}.` };
      const row = `<tr><td><code>${escapeHtml(prefix + name)}</code>${required ? star : ''}</td><td>${typeText(one)}</td><td>${said(one.description)}</td></tr>`;
      return row + fieldRows(inner.schema, inner.at, required);
    })
    .join('');
}

function typeText(schema: Schema): string {
  if (schema.$ref) return `<a href="#schema-${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>`;
  if (schema.const !== undefined) return `<code>${escapeHtml(schema.const)}</code>`;
  if (schema.enum) return schema.enum.map((one) => `<code>${escapeHtml(one)}</code>`).join(' ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options) {
    const kinds = options.map((one) => (one.properties?.type ? credentialText(one) : typeText(one)));
    return [...new Set(kinds)].join(both(' or ', ' 或 '));
  }
  if (schema.items) return `${typeText(schema.items)}[]`;
  if (typeof schema.additionalProperties === 'object') return `map → ${typeText(schema.additionalProperties)}`;
  return `${schema.type ?? 'object'}${boundsText(schema)}`;
}

/** One form of a value that says by `type` which it is. */
const credentialText = ({ properties = {} }: Schema): string =>
  `{ ${Object.entries(properties)
    .map(([name, one]) => `${escapeHtml(name)}: ${typeText(one)}`)
    .join(', ')} }`;

function boundsText({ minLength = 0, maxLength, minimum, maximum }: Schema): string {
  if (maxLength !== undefined) return ` <small>${minLength > 0 ? `${minLength}–` : '≤ '}${maxLength}</small>`;
  if (minimum === undefined || Math.abs(minimum) > 1e15) return '';
  return maximum !== undefined && maximum < 1e15
    ? ` <small>${minimum}–${maximum}</small>`
    : ` <small>≥ ${minimum}</small>`;
}

export function renderErrors(): string {
  const errors = Object.entries(errorCodes).map(
    ([name, { status, retryable, title, zh }]) =>
      `<tr id="error-${name}"><td><code>${name}</code></td><td>${status}</td><td>${both(escapeHtml(title), zh)}</td><td>${retryable ? both('yes', '是') : both('no', '否')}</td></tr>`,
  );
  const failures = Object.entries(failureCodes).map(
    ([name, { title, zh }]) =>
      `<tr id="failure-${name}"><td><code>${name}</code></td><td>${both(escapeHtml(title), zh)}</td></tr>`,
  );
  return `<section id="errors"><h2>${both('Errors', '错误码')}</h2><p>${both('Requests that were wrong get <code>application/problem+json</code> (RFC 9457). <code>errors</code> lists every wrong field at once; <code>requestId</code> (also the header <code>Request-Id</code>) is what support asks for. “Again” means that the same request, with the same Idempotency-Key, may succeed later.', '错误请求以 <code>application/problem+json</code>（RFC 9457）返回：<code>errors</code> 一次列出全部出错字段；<code>requestId</code>（亦见 <code>Request-Id</code> 响应头）供支持人员定位。“可重试”指以相同幂等键稍后重发可能成功。')}</p>
${table(head('code', 'HTTP', both('Meaning', '含义'), both('Again', '可重试')), errors.join(''))}
<h3 id="failures">${both('Why a payment did not succeed', '支付未成功的原因')} <code>failure.code</code></h3>
${table(head('failure.code', both('Meaning', '含义')), failures.join(''))}</section>`;
}
