import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

/** What a placed payment hands to the payer, as far as a browser or an app follows it. */
export type Credential =
  | { type: 'redirect'; url: string }
  | { type: 'form'; url: string; fields: Record<string, string> }
  | { type: 'app'; parameters: Record<string, string> }
  | { type: 'qr' | 'jsapi' };

export type Payer = ReturnType<typeof createPayer>;

/** The payers of the traffic: they follow links at the sandbox and pay there, or walk away. */
export function createPayer(sandboxUrl: string) {
  async function send(url: string, body?: string, contentType = 'application/json'): Promise<void> {
    const options =
      body === undefined ? {} : { method: 'POST' as const, body, headers: { 'content-type': contentType } };
    for (let tries = 1; ; tries++) {
      try {
        const answer = await request(url, options);
        await answer.body.dump();
        return;
      } catch (error) {
        // A page that does not load is loaded again.
        if (tries === 5) throw error;
        await sleep(300 * tries);
      }
    }
  }

  return {
    /** @param requestNo our number of the attempt at the channel */
    pay: (requestNo: string, action: 'pay' | 'abandon') =>
      send(`${sandboxUrl}/control/pay/${requestNo}`, JSON.stringify({ action })),

    async open(credential: Credential): Promise<void> {
      if (credential.type === 'redirect') await send(credential.url);
      if (credential.type === 'form') {
        await send(
          credential.url,
          new URLSearchParams(credential.fields).toString(),
          'application/x-www-form-urlencoded',
        );
      }
      // The sandbox takes the order of Alipay's app where it takes its links.
      if (credential.type === 'app' && credential.parameters.orderString)
        await send(`${sandboxUrl}/gateway.do?${credential.parameters.orderString}`);
    },
  };
}
