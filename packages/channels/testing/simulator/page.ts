import type { HostedChannel } from './channel-host.ts';
import type { Answer, OrderView, ReceivedRequest } from './channel-simulator.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (mark) => entities[mark] ?? mark);

/** Markup that is safe to show. Only {@link html} makes it, and it escapes every value that isn't markup itself. */
type Markup = { readonly markup: string };
const html = (parts: TemplateStringsArray, ...values: (string | number | Markup | readonly Markup[])[]): Markup => {
  const show = (value: string | number | Markup | readonly Markup[] | undefined): string => {
    if (value === undefined) return '';
    if (typeof value === 'object') return 'markup' in value ? value.markup : value.map(show).join('\n');
    return escapeHtml(String(value));
  };
  return { markup: parts.map((part, index) => `${part}${show(values[index])}`).join('') };
};

const style = {
  markup: `<style>
:root { color-scheme: light dark; --line: #d8dce3; --soft: #667085; --accent: #07a35a; --panel: #f7f8fa; }
@media (prefers-color-scheme: dark) { :root { --line: #343a46; --soft: #9aa4b5; --accent: #35c47c; --panel: #1b1f27; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1.5rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .45rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
td.amount { text-align: right; font-variant-numeric: tabular-nums; }
pre, .card { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; overflow-x: auto; }
.card dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0 0 1rem; }
dt, .soft { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
form { display: inline; }
button { font: inherit; min-height: 2rem; padding: .2rem .8rem; border-radius: 6px; border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer; }
button.pay { border-color: var(--accent); color: var(--accent); }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
</style>`,
};

const document = (title: string, content: Markup): Answer => ({
  status: 200,
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
  },
  body: html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>${style}</head>
<body>${content}</body>
</html>`.markup,
  outcome: 'ok',
});

const money = ({ amount, currency }: OrderView): string => `${(amount / 100).toFixed(2)} ${currency}`;
const payPath = ({ requestNo }: OrderView): string => `/pay/${encodeURIComponent(requestNo)}`;

const buttons = (order: OrderView, back: 'list' | 'order'): Markup =>
  order.payable
    ? html`<form method="post" action="${payPath(order)}"><input type="hidden" name="back" value="${back}"><button class="pay" name="action" value="pay">Pay</button> <button name="action" value="abandon">Abandon</button></form>`
    : html`<span class="soft">–</span>`;

const orderRow = (order: OrderView): Markup => html`<tr>
<td>${order.createdAt.slice(0, 19).replace('T', ' ')}</td>
<td>${order.channel}</td>
<td><a href="${payPath(order)}">${order.requestNo}</a></td>
<td>${order.product}</td>
<td>${order.subject.slice(0, 40)}</td>
<td class="amount">${money(order)}</td>
<td>${order.state}</td>
<td>${buttons(order, 'list')}</td>
</tr>`;

const orderTable = (orders: readonly OrderView[]): Markup =>
  orders.length === 0
    ? html`<p class="soft">No orders yet. Place one with the credentials at <a href="/control/credentials">/control/credentials</a>.</p>`
    : html`<div class="scroll"><table><thead><tr><th>Placed (UTC)</th><th>Channel</th><th>Request number</th><th>Product</th><th>Subject</th><th>Amount</th><th>State</th><th>Payer</th></tr></thead>
<tbody>${orders.map(orderRow)}</tbody></table></div>`;

const orderCard = (order: OrderView): Markup => html`<p><a href="/">All orders</a></p><h1>${order.subject}</h1>
<div class="card"><dl>
<dt>Amount</dt><dd>${money(order)}</dd>
<dt>State</dt><dd>${order.state}</dd>
<dt>Request number</dt><dd>${order.requestNo}</dd>
<dt>Channel number</dt><dd>${order.channelTxn}</dd>
<dt>Product</dt><dd>${order.product}</dd>
<dt>Bank</dt><dd>${order.issuer}</dd>
<dt>Placed</dt><dd>${order.createdAt}</dd>
</dl>${buttons(order, 'order')}</div>`;

const redirect = (location: string): Answer => ({
  status: 303,
  headers: { Location: location },
  body: '',
  outcome: 'ok',
});

/** The pages for people who pay by hand. */
export type Pages = (request: ReceivedRequest) => Answer | undefined;

/** Creates the overview at `/` and the payer's page at `/pay/{reference}`. */
export const createPages = (channels: readonly HostedChannel[]): Pages => {
  const overview = (): Answer => {
    const orders = channels
      .flatMap(({ simulator }) => simulator.recentOrders(50))
      .sort((left, right) => right.createdAt.localeCompare(left.createdAt))
      .slice(0, 50);
    const faults = channels.map(({ simulator, faults: book }) => {
      const standing = book.list().faults;
      const words = standing.length === 0 ? 'none' : JSON.stringify(standing, null, 2);
      return html`<h2>Faults of ${simulator.id}</h2><pre>${words}</pre>`;
    });
    return document(
      'Sandbox',
      html`<h1>Tributary sandbox</h1><p class="soft">Play money only. Be the payer: pay an order or walk away from it.</p>${orderTable(orders)}${faults}`,
    );
  };
  const payerPage = (request: ReceivedRequest, reference: string): Answer | undefined => {
    const owner = channels.find(({ simulator }) => simulator.findOrder(reference) !== undefined)?.simulator;
    const order = owner?.findOrder(reference);
    if (owner === undefined || order === undefined) return undefined;
    if (request.method === 'GET') return document('Pay', orderCard(order));
    const { origin, host } = request.headers;
    if (typeof origin === 'string' && origin !== `http://${String(host)}`) return undefined;
    const form = new URLSearchParams(request.body.toString('utf8'));
    if (form.get('action') === 'pay') owner.pay(reference);
    if (form.get('action') === 'abandon') owner.abandon(reference);
    return redirect(form.get('back') === 'list' ? '/' : payPath(order));
  };

  return (request) => {
    if (request.path === '/' && request.method === 'GET') return overview();
    const reference = /^\/pay\/([^/]+)$/.exec(request.path)?.[1];
    if (reference === undefined || !['GET', 'POST'].includes(request.method)) return undefined;
    try {
      return payerPage(request, decodeURIComponent(reference));
    } catch (error) {
      if (error instanceof URIError) return undefined;
      throw error;
    }
  };
};
