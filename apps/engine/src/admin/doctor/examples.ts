import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { AppError } from '../../platform/app-error.ts';
import { webhookSecretAad } from '../../platform/secret-places.ts';
import type { AdminDeps } from '../admin-deps.ts';

/** A message as it should be, and ways of spoiling it. */
export const exampleKinds = ['valid', 'changed', 'stale', 'cut_signature'] as const;
export type ExampleKind = (typeof exampleKinds)[number];

// Nobody's order: its number is not one that we ever give out, so the look-up can be shown to anybody who may see this.
const nobodysOrder = 'EXAMPLE00000000000000000000000';

/**
 * Messages to try the doctor on, signed with the subject's own keys: a look-up of an order that does not exist, and a
 * webhook about nothing. Their text is fixed, since whoever could choose it would have a signature of their own making.
 */
export function createExamples({
  config,
  secrets,
  clock,
  openAccount,
}: Pick<AdminDeps, 'config' | 'secrets' | 'clock' | 'openAccount'>) {
  return async function example(
    subject: { kind: 'account' | 'merchant'; id: string },
    kind: ExampleKind,
  ): Promise<string> {
    const at = new Date(clock.now().getTime() - (kind === 'stale' ? 3_600_000 : 0));
    const text = subject.kind === 'account' ? await lookUp(subject.id, at) : webhook(subject.id, at);
    if (kind === 'changed') return text.replaceAll('EXAMPLE000', 'EXAMPLE001');
    // What is left when somebody selects a little too little.
    if (kind === 'cut_signature')
      return text.replace(
        /(signature="|signature: v1,|[?&]sign=|signature=)([^"&\s]+)/,
        // A `%` left alone at the end would be another mistake.
        (_, name, value: string) => name + value.slice(0, -9).replace(/%.?$/, ''),
      );
    return text;
  };

  async function lookUp(accountId: string, at: Date): Promise<string> {
    const session = await openAccount(accountId);
    const request = session.buildRequest(
      { op: 'query', product: 'native', requestNo: nobodysOrder, orderedAt: at },
      at,
      randomBytes(16).toString('hex'),
    );
    if ('credential' in request) throw new AppError('invalid_request', 'this channel sends no look-ups');
    const host = new URL(config.current().accounts.get(accountId)?.baseUrl ?? 'https://channel.invalid').host;
    const headers = Object.entries({ Host: host, ...request.headers }).map(([name, value]) => `${name}: ${value}`);
    return `${request.method} ${request.path} HTTP/1.1\n${headers.join('\n')}\n\n${request.body}`;
  }

  function webhook(merchantId: string, at: Date): string {
    const stored = config.current().merchants.get(merchantId)?.webhookSecret;
    if (stored === undefined) throw new AppError('invalid_request', 'the merchant has no webhook secret');
    const body = JSON.stringify({ type: 'example', data: { note: `${nobodysOrder} 示例` } });
    const messageId = 'evt_EXAMPLE';
    const signature = new Webhook(secrets.decrypt(stored, webhookSecretAad(merchantId))).sign(messageId, at, body);
    const headers = [
      'content-type: application/json',
      `webhook-id: ${messageId}`,
      `webhook-timestamp: ${Math.floor(at.getTime() / 1000)}`,
      `webhook-signature: ${signature}`,
    ];
    return `POST /webhooks HTTP/1.1\n${headers.join('\n')}\n\n${body}`;
  }
}
