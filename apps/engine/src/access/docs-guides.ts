import { both, code } from './docs-html.ts';
import { createPaymentExample } from './openapi-examples.ts';

/** The chapters of the docs page that people write: how to begin, what is promised, how to verify. */

const shortOrder = JSON.stringify({
  merchantOrderNo: '1001',
  serviceId: createPaymentExample.serviceId,
  amount: createPaymentExample.amount,
  currency: createPaymentExample.currency,
  subject: createPaymentExample.subject,
});

/** How to sign a request. A test runs it. */
export const signingCode = `import { createHash, randomUUID, sign } from 'node:crypto';

const timestamp = String(Math.floor(Date.now() / 1000));
const nonce = randomUUID();
const hash = createHash('sha256').update(body).digest('hex');
const text = \`POST\\n/v1/payments\\n\${timestamp}\\n\${nonce}\\n\${hash}\\n\`;
const headers = {
  'Tributary-Key': keyId,
  'Tributary-Timestamp': timestamp, // Unix seconds, ±5 minutes
  'Tributary-Nonce': nonce,         // 16 to 64 characters, used once
  'Tributary-Signature': sign(null, Buffer.from(text), privateKey).toString('base64'),
};`;

/** How to verify a webhook. A test runs it. */
export const webhookCode = `import { createHmac, timingSafeEqual } from 'node:crypto';

// body: the raw bytes as they came, before any JSON parser.
function isOurs(headers, body, secret) {
  const id = headers['webhook-id'];
  const at = headers['webhook-timestamp'];
  if (Math.abs(Date.now() / 1000 - Number(at)) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mine = createHmac('sha256', key).update(\`\${id}.\${at}.\`).update(body).digest();
  return headers['webhook-signature'].split(' ').some((one) => {
    const theirs = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return theirs.length === mine.length && timingSafeEqual(theirs, mine);
  });
}`;

const quickStart = `<section id="start"><h2>${both('Quick start', '快速开始')}</h2>
<ol class="steps"><li><p>${both('Get a key: in the console under Merchants; a demo system writes one into <code>.data/demo.json</code>.', '获取密钥：在控制台“商户”页创建；演示系统会写入 <code>.data/demo.json</code>。')}</p>
${code(`export API_KEY='tk_live_…'`)}</li>
<li><p>${both('Take a payment. Show <code>credential.url</code> of the answer as a QR code.', '下单。将应答中的 <code>credential.url</code> 展示为二维码。')}</p>
${code(`curl -X POST {origin}/v1/payments \\
  -H "Authorization: Bearer $API_KEY" \\
  -H 'Content-Type: application/json' \\
  -H 'Idempotency-Key: order-1001' \\
  -d '${shortOrder}'`)}</li>
<li><p>${both('Wait for the webhook, or ask until <code>status</code> is final.', '等待 Webhook，或查询直至 <code>status</code> 为终态。')}</p>
${code(`curl {origin}/v1/payments/pay_… -H "Authorization: Bearer $API_KEY"`)}</li></ol></section>`;

const statuses: [string, string, string][] = [
  ['created', 'Taken, not sent to a channel yet.', '已受理，尚未发往渠道。'],
  [
    'processing',
    'The payer has to act, or the channel has not said yet. Ask again or wait; never place a second order.',
    '等待付款人操作，或渠道尚未给出结果。请查询或等待，切勿重复下单。',
  ],
  ['succeeded', 'Paid. Final.', '已支付，终态。'],
  ['failed', 'Not paid and never will be. Final.', '未支付且不会再被支付，终态。'],
  [
    'closed',
    'Closed before it was paid: by you, or because time ran out. Final.',
    '支付前被关闭（商户关闭或超时），终态。',
  ],
  ['rejected', 'Refused by risk control, or no channel could take it. Final.', '被风控拒绝或无可用渠道，终态。'],
];

const statusesSection = `<section id="statuses"><h2>${both('Statuses', '状态')}</h2>
<p>${both('A refused payment is a <code>201</code>: the request was right, the payment was not. <code>failure.code</code> says why. Refunds are <code>processing</code>, <code>succeeded</code> or <code>failed</code>.', '被拒绝的支付仍返回 <code>201</code>：请求正确，但支付未成，原因见 <code>failure.code</code>。退款状态为 <code>processing</code>、<code>succeeded</code> 或 <code>failed</code>。')}</p>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">status</th><th scope="col">${both('Meaning', '含义')}</th></tr></thead><tbody>${statuses
  .map(
    ([status, en, zh]) => `<tr><td><span class="status ${status}">${status}</span></td><td>${both(en, zh)}</td></tr>`,
  )
  .join('')}</tbody></table></div></section>`;

const authentication = `<section id="auth"><h2>${both('Authentication', '认证')}</h2>
<h3>${both('API key', 'API 密钥')}</h3>
<p>${both('<code>Authorization: Bearer &lt;key&gt;</code>. Keys have scopes and may be bound to addresses; a revoked key stops working within a second.', '<code>Authorization: Bearer &lt;key&gt;</code>。密钥带权限范围，可绑定 IP，吊销后一秒内失效。')}</p>
<h3>${both('Signed requests', '签名请求')}</h3>
<p>${both('They prove who sent which bytes and when. A merchant can require them for everything that moves money. Sign with Ed25519 or RSA-SHA256 (2048 bits or more); we keep only your public key.', '签名可证明何人在何时发送了何种内容，商户可对资金类接口强制要求。使用 Ed25519 或 RSA-SHA256（不少于 2048 位）；我们仅保存公钥。')}</p>
${code(`METHOD\\nPATH?QUERY\\nTIMESTAMP\\nNONCE\\nSHA256_HEX(BODY)\\n`)}
${code(signingCode, 'Node.js')}</section>`;

const idempotency = `<section id="idempotency"><h2>${both('Idempotency', '幂等')}</h2>
<p>${both('POST requests that create something need an <code>Idempotency-Key</code>. After a lost connection send the same request again: nobody is charged twice. Keys are kept for 25 hours; order numbers are unique for ever.', '创建类 POST 请求必须携带 <code>Idempotency-Key</code>。连接中断后原样重发即可，绝不会重复扣款。幂等键保留 25 小时；商户订单号永久唯一。')}</p>
<div class="scroll" tabindex="0"><table><tbody>
<tr><th scope="row">${both('same key, same body', '同键同体')}</th><td>${both('the first answer, byte for byte, with <code>Idempotency-Status: replayed</code>', '逐字节返回首次应答，并带 <code>Idempotency-Status: replayed</code>')}</td></tr>
<tr><th scope="row">${both('same key, other body', '同键异体')}</th><td><code>422 idempotency_key_reused</code></td></tr>
<tr><th scope="row">${both('the first is still in flight', '首个请求仍在处理')}</th><td><code>409 idempotency_key_in_flight</code></td></tr>
<tr><th scope="row">${both('no key', '缺少键')}</th><td><code>400 idempotency_key_missing</code></td></tr>
</tbody></table></div></section>`;

const webhooks = `<section id="webhooks"><h2>Webhooks</h2>
<p>${both('When a payment or refund comes to its end we POST to <code>notifyUrl</code> (or the merchant’s default) as <a href="https://www.standardwebhooks.com">Standard Webhooks</a>. Answer 2xx within 15 seconds; otherwise we try again for about a day, with the same <code>webhook-id</code>. 410 stops it. A payment refused when it was placed is told in the answer only.', '支付或退款到达终态时，我们按 <a href="https://www.standardwebhooks.com">Standard Webhooks</a> 向 <code>notifyUrl</code>（或商户默认地址）发送 POST。请在 15 秒内返回 2xx，否则约一天内以相同的 <code>webhook-id</code> 退避重试；返回 410 则停止。下单时即被拒绝的支付仅在应答中返回。')}</p>
<p><code>payment.succeeded</code> <code>payment.failed</code> <code>payment.closed</code> <code>refund.succeeded</code> <code>refund.failed</code></p>
${code(webhookCode, 'Node.js')}
<p>${both('Or use a library: <code>new Webhook(secret).verify(body, headers)</code> of the <code>standardwebhooks</code> package does the same. Remember <code>webhook-id</code> to act once; events are numbered by <code>sequence</code>, which helps when two arrive out of order. What you missed, read with <code>GET /v1/events?after=</code> the last number that you have: there are no gaps. Each webhook also has a <code>v1a</code> signature (Ed25519), to be checked with a key of <code>GET /v1/webhook-keys</code>.', '也可直接使用 <code>standardwebhooks</code> 库：<code>new Webhook(secret).verify(body, headers)</code>。请记录 <code>webhook-id</code> 以去重；事件以 <code>sequence</code> 连续编号，可据此处理乱序。遗漏的事件可用 <code>GET /v1/events?after=</code>最后处理的编号补取，没有缺号。每条 Webhook 另带 <code>v1a</code>（Ed25519）签名，公钥见 <code>GET /v1/webhook-keys</code>。')}</p></section>`;

export const chaptersBefore = quickStart + statusesSection + authentication + idempotency;
export const chaptersAfter = webhooks;
